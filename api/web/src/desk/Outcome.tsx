/** What the last edit came to: the verdict in a sentence, and the change of every figure. */
import { useComputed } from '@preact/signals';
import { findings, ground, layout } from '../app/state';
import { judge } from '../model/verdict';
import { say } from '../words';
import { changeOfGrid, changeOfWhole, type GridChange, outsideBand, totalsOf } from './change';
import { Chip, FigureTable, Fold } from './parts';
import { base, last, lastCodes, walks } from './session';
import * as tell from './tell';

/** One sentence on the draft as it stands; read out when it changes. */
export function VerdictLine() {
  const hard = findings.value.filter((fault) => fault.severity === 'hard').length;
  const soft = findings.value.length - hard;
  const tone = hard ? 'bad' : soft ? 'warn' : 'good';
  const words = hard
    ? say(soft ? 'edit_verdict_both' : 'edit_verdict_hard', { hard, soft })
    : soft
      ? say('edit_verdict_soft', { soft })
      : say('edit_verdict_good');
  return (
    <p
      class={`edit-verdict edit-verdict-${tone}`}
      role="status"
      aria-live="polite"
      data-hard={hard}
      data-soft={soft}
    >
      {words}
    </p>
  );
}

/** The figures of the grids that the last edit touched, and of the draft against its beginning. */
export function LastChangeView() {
  const told = useComputed(() => {
    const [change, now, on] = [last.value, layout.value, ground.value];
    if (!change || !now || !on) return null;
    const codes = lastCodes.value;
    const only = new Set(codes);
    const before = outsideBand(judge(change.before, on, walks.value, only));
    const after = outsideBand(findings.value);
    return {
      said: change.said,
      grids: codes.map((code) => changeOfGrid(code, change.before, now, before, after)),
      faults: findings.value.filter((fault) => only.has(fault.grid_code)),
    };
  });
  const change = told.value;
  return (
    <>
      {change && (
        <section class="edit-last" aria-label={say('edit_last')}>
          <h3>{say('edit_last')}</h3>
          <p class="edit-said">{change.said}</p>
          {change.faults.length === 0 ? (
            <p class="edit-fine">{say('edit_last_fine')}</p>
          ) : (
            <ul class="desk-list">
              {change.faults.map((fault) => (
                <li key={fault.kind + fault.grid_code + fault.courtyard_ids.join()}>
                  <Chip tone={fault.severity === 'hard' ? 'bad' : 'warn'}>
                    {say(fault.severity === 'hard' ? 'edit_hard' : 'edit_soft')}
                  </Chip>{' '}
                  {tell.fault(fault)}
                </li>
              ))}
            </ul>
          )}
          {change.grids.map((grid) => (
            <GridTable key={grid.code} grid={grid} />
          ))}
        </section>
      )}
      <WholeTable />
    </>
  );
}

function GridTable({ grid }: { grid: GridChange }) {
  const isEnded = grid.state === 'ended';
  const caption = isEnded
    ? say('edit_grid_ended', { grid: grid.name })
    : grid.state === 'new'
      ? say('edit_grid_new', { grid: tell.gridName(layout.value, grid.code) })
      : grid.name;
  const rows = isEnded ? grid.figures.slice(0, 2) : grid.figures;
  return <FigureTable caption={caption} rows={rows} />;
}

/** The whole draft against what it began with. */
function WholeTable() {
  const told = useComputed(() => {
    const [began, now, on] = [base.value, layout.value, ground.value];
    if (!began || !now || !on) return null;
    const before = totalsOf(began, judge(began, on, walks.value));
    return { before, rows: changeOfWhole(before, totalsOf(now, findings.value)) };
  });
  if (!told.value) return null;
  return (
    <Fold title={say('edit_whole')}>
      <FigureTable
        caption={say('edit_whole_caption')}
        rows={told.value.rows}
        heads={[say('edit_at_start'), say('edit_now')]}
      />
    </Fold>
  );
}
