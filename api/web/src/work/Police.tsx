/** The police unit: what each beat leads, grids in several beats, a move tried out, the weekly sheet. */
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { copyText, notify, select, setTheme } from '../app/actions';
import { ground, layout, me, selected, shown, theme } from '../app/state';
import { view } from '../app/view';
import { addRemark, mayRemark, remarksRefused } from '../desk/remarks';
import { chinaDay } from '../desk/steps';
import type { Ground } from '../model/ground';
import type { GridFacts, Layout } from '../model/layout';
import type { Subject } from '../model/types';
import { count, day, gridName, householdsWord, percent, signed } from '../ui/format';
import { Icon } from '../ui/icons';
import { List, pointing } from '../ui/parts';
import { say } from '../words';
import {
  type BeatFigures,
  type GridBeats,
  type StationFigures,
  shortBeat,
  splitGrids,
  stationFigures,
  stationOfGrid,
  type Trial,
  tryBeat,
} from './beat_figures';
import { openPaper, PaperFrame } from './Paper';

/** the station chosen in the list; a selection on the map moves it along */
const chosen = signal<string | null>(null);
/** the move that is tried out */
const trying = signal<{ grid: string; to: string }>({ grid: '', to: '' });

function stationOf(subject: Subject | null, land: Ground, lay: Layout): string | null {
  if (subject?.kind === 'beat') return land.beats.get(subject.id)?.parent ?? null;
  const code = gridOf(subject, land, lay);
  return code ? stationOfGrid(lay.grids.get(code), land) : null;
}

function gridOf(subject: Subject | null, land: Ground, lay: Layout): string {
  if (subject?.kind === 'grid' && subject.layer === 'gov_grids') return subject.code;
  if (subject?.kind !== 'courtyard') return '';
  return lay.codeOf[land.rowOf.get(subject.id) ?? -1] ?? '';
}

/** The station that leads most of the caller's own subdistrict. */
function ownStation(land: Ground, lay: Layout): string | null {
  const own = me.value?.subdistrict;
  const led = new Map<string, number>();
  for (const grid of own ? lay.grids.values() : []) {
    const id = stationOfGrid(grid, land);
    if (id && land.communities.get(grid.community)?.parent === own) {
      led.set(id, (led.get(id) ?? 0) + 1);
    }
  }
  return [...led].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

function showBeats(isOn: boolean): void {
  const next = new Set(shown.peek());
  if (isOn) next.add('beats');
  else next.delete('beats');
  shown.value = next;
}

/** Bring a station's beats into the picture. */
function fitStation(station: string, land: Ground): void {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  land.beats.forEach((beat) => {
    if (beat.parent !== station || !beat.shape) return;
    const [west, south, east, north] = beat.shape.bounds;
    box[0] = Math.min(box[0], west);
    box[1] = Math.min(box[1], south);
    box[2] = Math.max(box[2], east);
    box[3] = Math.max(box[3], north);
  });
  if (box[0] <= box[2]) view()?.fit(box);
}

export function PolicePanel() {
  useEffect(() => {
    const before = theme.peek();
    const hadBeats = shown.peek().has('beats');
    setTheme('beats');
    // for as long as the panel is open: not a choice that is remembered
    showBeats(true);
    return () => {
      if (theme.peek() === 'beats') setTheme(before);
      if (!hadBeats) showBeats(false);
    };
  }, []);
  const [land, lay] = [ground.value, layout.value];
  const subject = selected.value;
  const here = land && lay ? stationOf(subject, land, lay) : null;
  useEffect(() => {
    if (here) chosen.value = here;
  }, [here]);
  if (!land || !lay) return null;
  const stations = land.stations.filter((one) =>
    Array.from(land.beats.values()).some((beat) => beat.parent === one.id),
  );
  // a clerk's draft holds one subdistrict: the first station may lead nothing in it
  const leading = new Set(Array.from(lay.grids.values(), (grid) => stationOfGrid(grid, land)));
  const station =
    stations.find((one) => one.id === chosen.value) ??
    stations.find((one) => one.id === ownStation(land, lay)) ??
    stations.find((one) => leading.has(one.id)) ??
    stations[0];
  if (!station) return <p class="desk-hint">{say('police_no_beats')}</p>;
  const figures = stationFigures(station.id, lay, land);
  const split = splitGrids(figures, lay, land);
  return (
    <section class="desk-panel police-panel" aria-label={say('police_title')}>
      <label class="desk-field">
        {say('police_station')}
        <select
          value={station.id}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
            trying.value = { grid: '', to: '' };
            select(null);
            fitStation(event.currentTarget.value, land);
          }}
        >
          {stations.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name || one.id}
            </option>
          ))}
        </select>
      </label>
      <StationSums figures={figures} />
      <Beats figures={figures} land={land} />
      <Split split={split} land={land} lay={lay} />
      <TryMove figures={figures} land={land} lay={lay} />
      <div class="desk-actions desk-foot">
        <button
          type="button"
          class="ui-button"
          onClick={() => openPaper(() => <WeeklySheet station={station.id} />)}
        >
          <Icon name="print" size={18} />
          {say('police_sheet')}
        </button>
      </div>
    </section>
  );
}

function StationSums({ figures }: { figures: StationFigures }) {
  return (
    <div>
      <dl class="card-figures">
        <div>
          <dt>{say('police_beats')}</dt>
          <dd>{figures.beats.length}</dd>
        </div>
        <div>
          <dt>{say('card_grids')}</dt>
          <dd>{figures.grids}</dd>
        </div>
        <div>
          <dt>{say('card_households')}</dt>
          <dd>{count(figures.households)}</dd>
        </div>
      </dl>
      <p class="card-note">
        {say('police_mean', {
          n: count(figures.mean),
          cv: figures.cv === null ? '–' : percent(figures.cv, 1),
        })}
      </p>
    </div>
  );
}

function deviationWord(beat: BeatFigures): string {
  return beat.deviation === null ? '–' : signed(beat.deviation, 0);
}

/** Each beat with its grids, opened on request; the one on the map is open. */
function Beats({ figures, land }: { figures: StationFigures; land: Ground }) {
  const subject = selected.value;
  return (
    <section>
      <h3>{say('police_pairing')}</h3>
      <p class="card-note">{say('police_pairing_why')}</p>
      {figures.beats.map((beat) => {
        const at: Subject = { kind: 'beat', id: beat.id };
        const isHere =
          (subject?.kind === 'beat' && subject.id === beat.id) ||
          (subject?.kind === 'grid' && beat.grids.some((grid) => grid.code === subject.code));
        return (
          <details key={beat.id} class="police-beat" open={isHere} data-beat={beat.id}>
            <summary {...pointing(at)}>
              <span class="police-beat-name">{beat.short}</span>
              <span class="police-beat-figures">
                {say('police_beat_figures', {
                  grids: beat.grids.length,
                  n: count(beat.households),
                })}
                <b>{deviationWord(beat)}</b>
              </span>
            </summary>
            <button
              type="button"
              class="ui-link police-show"
              onClick={() => select(at, { fly: true })}
            >
              <Icon name="target" size={16} />
              {say('police_show_beat')}
            </button>
            <List
              title={say('card_grids')}
              items={beat.grids.map((grid) => ({
                subject: { kind: 'grid', layer: 'gov_grids', code: grid.code },
                title: gridName(grid, grid.code, land),
                figure: householdsWord(grid.households),
              }))}
            />
          </details>
        );
      })}
    </section>
  );
}

/** In which beats the households of a grid live, as a sentence. */
function partsText(one: GridBeats, land: Ground): string {
  const station = land.beats.get(one.lead ?? '')?.parent ?? '';
  const name = (beat: string) => (beat ? shortBeat(beat, land, station) : say('police_no_beat'));
  return one.parts
    .map((part) => `${name(part.beat)} ${percent(part.households / one.of)}`)
    .join(say('police_comma'));
}

function Split({ split, land, lay }: { split: GridBeats[]; land: Ground; lay: Layout }) {
  return (
    <section>
      <p class="card-note">{say('police_split_why')}</p>
      {split.length === 0 ? (
        <p>{say('police_split_none')}</p>
      ) : (
        <List
          title={say('police_split')}
          items={split.map((one) => ({
            subject: { kind: 'grid', layer: 'gov_grids', code: one.code },
            title: gridName(lay.grids.get(one.code), one.code, land),
            figure: say('police_inside', { share: percent(one.inside) }),
            ...(one.inside < 0.5 && {
              tag: say('police_minority'),
              tagTitle: partsText(one, land),
            }),
          }))}
        />
      )}
    </section>
  );
}

/** Another beat for one grid: before and after; nothing is changed by it. */
function TryMove(given: { figures: StationFigures; land: Ground; lay: Layout }) {
  const { figures, land, lay } = given;
  const all = figures.beats.reduce<GridFacts[]>((some, beat) => some.concat(beat.grids), []);
  const onMap = gridOf(selected.value, land, lay);
  const isHere = (code: string) => all.some((grid) => grid.code === code);
  const code = isHere(trying.value.grid) ? trying.value.grid : isHere(onMap) ? onMap : '';
  const grid = lay.grids.get(code);
  const others = figures.beats.filter((beat) => beat.id !== grid?.beat);
  const to = others.some((beat) => beat.id === trying.value.to) ? trying.value.to : '';
  const trial = code && to ? tryBeat(code, to, lay, land) : null;
  return (
    <section class="police-trial" aria-label={say('police_try')}>
      <h3>{say('police_try')}</h3>
      <p class="card-note">{say('police_try_why')}</p>
      <label class="desk-field">
        {say('police_try_grid')}
        <select
          value={code}
          onChange={(event) => {
            const next = event.currentTarget.value;
            trying.value = { grid: next, to: '' };
            if (next) select({ kind: 'grid', layer: 'gov_grids', code: next }, { fly: true });
          }}
        >
          <option value="">{say('police_choose')}</option>
          {figures.beats.map((beat) => (
            <optgroup key={beat.id} label={beat.short}>
              {beat.grids.map((one) => (
                <option key={one.code} value={one.code}>
                  {gridName(one, one.code, land)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <label class="desk-field">
        {say('police_try_beat')}
        <select
          value={to}
          disabled={!code}
          onChange={(event) => {
            trying.value = { grid: code, to: event.currentTarget.value };
          }}
        >
          <option value="">{say('police_choose')}</option>
          {others.map((beat) => (
            <option key={beat.id} value={beat.id}>
              {beat.short}
              {say('police_option', { grids: beat.grids.length, n: count(beat.households) })}
            </option>
          ))}
        </select>
      </label>
      {trial && <TrialView key={`${code} ${to}`} trial={trial} land={land} />}
    </section>
  );
}

function TrialView({ trial, land }: { trial: Trial; land: Ground }) {
  const { before, after } = trial;
  const rows = [
    [before.from.short, before.from, after.from],
    [before.to.short, before.to, after.to],
  ] as const;
  const spread = (one: StationFigures) => (one.cv === null ? '–' : percent(one.cv, 1));
  const isBetter = (after.station.cv ?? 0) < (before.station.cv ?? 0);
  return (
    <div aria-live="polite">
      <table class="desk-table" data-trial={trial.grid.code}>
        <caption>{say('police_before_after')}</caption>
        <thead>
          <tr>
            <th scope="col">{say('kind_beat')}</th>
            <th scope="col" class="is-number">
              {say('card_grids')}
            </th>
            <th scope="col" class="is-number">
              {say('card_households')}
            </th>
            <th scope="col" class="is-number">
              {say('police_off')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, old, now]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="is-number">
                {old.grids.length} → {now.grids.length}
              </td>
              <td class="is-number">
                {count(old.households)} → {count(now.households)}
              </td>
              <td class="is-number">
                {deviationWord(old)} → {deviationWord(now)}
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={3}>
              {say('police_spread')}
            </th>
            <td class={`is-number ${isBetter ? 'card-good' : ''}`}>
              {spread(before.station)} → {spread(after.station)}
            </td>
          </tr>
        </tfoot>
      </table>
      <p class="card-note">
        {say('police_try_inside', {
          from: before.from.short,
          now: percent(trial.inside[0]),
          to: before.to.short,
          other: percent(trial.inside[1]),
        })}
      </p>
      <Remark trial={trial} land={land} />
    </div>
  );
}

function Remark({ trial, land }: { trial: Trial; land: Ground }) {
  const { before, after } = trial;
  const [text, setText] = useState(() =>
    say('police_remark', {
      grid: gridName(trial.grid, trial.grid.code, land),
      lead: before.from.name,
      from: before.from.short,
      to: before.to.short,
      from_before: say('police_beat_figures', figuresOf(before.from)),
      from_after: say('police_beat_figures', figuresOf(after.from)),
      to_before: say('police_beat_figures', figuresOf(before.to)),
      to_after: say('police_beat_figures', figuresOf(after.to)),
      share: percent(trial.inside[1]),
    }),
  );
  const [isBusy, setBusy] = useState(false);
  const may = mayRemark() && (layout.value?.plan.plan_id ?? 0) > 0;
  const send = async () => {
    setBusy(true);
    const isDone = await addRemark(text.trim(), `grid:${trial.grid.code}`);
    setBusy(false);
    if (isDone) notify(say('police_remarked'), 'good');
    else notify(remarksRefused.value?.words ?? say('step_failed'), 'bad');
  };
  const copy = async () => {
    const isDone = await copyText(text);
    notify(say(isDone ? 'card_copied' : 'card_copy_yourself'), isDone ? 'good' : 'info');
  };
  return (
    <div class="desk-form">
      <label>
        {say('police_remark_word')}
        <textarea
          rows={5}
          maxLength={2000}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      {!may && <p class="desk-hint">{say('police_no_remark')}</p>}
      <div class="desk-actions">
        {may && (
          <button
            type="button"
            class="ui-button ui-button-main"
            disabled={isBusy || !text.trim()}
            onClick={() => void send()}
          >
            <Icon name="comments" size={18} />
            {say('police_remark_do')}
          </button>
        )}
        <button type="button" class="ui-button" onClick={() => void copy()}>
          {say('card_copy')}
        </button>
      </div>
    </div>
  );
}

function figuresOf(beat: BeatFigures): { grids: number; n: string } {
  return { grids: beat.grids.length, n: count(beat.households) };
}

/** 警网融合周例会表: every grid of the station, with room to write. */
function WeeklySheet({ station }: { station: string }) {
  const [land, lay] = [ground.value!, layout.value!];
  const figures = stationFigures(station, lay, land);
  const name = land.stations.find((one) => one.id === station)?.name ?? station;
  const split = new Map(splitGrids(figures, lay, land).map((one) => [one.code, one]));
  return (
    <PaperFrame
      title={say('police_sheet_title')}
      under={say('police_sheet_under', {
        name,
        day: day(chinaDay()),
        beats: figures.beats.length,
        grids: figures.grids,
        n: count(figures.households),
      })}
    >
      <table class="work-sheet">
        <thead>
          <tr>
            <th scope="col">{say('kind_beat')}</th>
            <th scope="col">{say('kind_grid')}</th>
            <th scope="col">{say('card_households')}</th>
            <th scope="col">{say('police_sheet_split')}</th>
            <th scope="col" class="work-write">
              {say('police_sheet_matter')}
            </th>
            <th scope="col" class="work-sign-column">
              {say('police_sheet_who')}
            </th>
            <th scope="col" class="work-sign-column">
              {say('police_sheet_until')}
            </th>
          </tr>
        </thead>
        {figures.beats.map((beat) => (
          <tbody key={beat.id}>
            {(beat.grids.length ? beat.grids : [null]).map((grid, i) => {
              const parts = grid && split.get(grid.code);
              return (
                <tr key={grid?.code ?? ''}>
                  {i === 0 && (
                    <th scope="rowgroup" rowSpan={Math.max(1, beat.grids.length)}>
                      {beat.short}
                      <small>
                        {say('police_beat_figures', figuresOf(beat))} {deviationWord(beat)}
                      </small>
                    </th>
                  )}
                  <td>{grid ? gridName(grid, grid.code, land) : '–'}</td>
                  <td class="is-number">{grid ? count(grid.households ?? 0) : ''}</td>
                  <td>{parts ? partsText(parts, land) : ''}</td>
                  <td />
                  <td />
                  <td />
                </tr>
              );
            })}
          </tbody>
        ))}
      </table>
      <p class="work-sign">{say('police_sheet_sign')}</p>
    </PaperFrame>
  );
}
