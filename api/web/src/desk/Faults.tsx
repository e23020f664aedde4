/** Every fault of the draft in words, each with the way to its place on the map. */
import { useState } from 'preact/hooks';
import { findings, layout } from '../app/state';

import type { Finding } from '../model/types';
import { say } from '../words';
import { Chip, Icon } from './parts';
import { lastCodes } from './session';
import { showFinding } from './spot';
import * as tell from './tell';

/** more at once help nobody; the rest comes on request */
const MOST = 30;

export function FaultList() {
  const [onlyLast, setOnlyLast] = useState(false);
  const codes = new Set(lastCodes.value);
  const all = findings.value;
  const some = onlyLast ? all.filter((fault) => codes.has(fault.grid_code)) : all;
  const hard = some.filter((fault) => fault.severity === 'hard');
  const soft = some.filter((fault) => fault.severity === 'soft');
  return (
    <div class="edit-faults">
      {codes.size > 0 && all.length > 0 && (
        <label class="desk-check">
          <input
            type="checkbox"
            checked={onlyLast}
            onChange={(event) => setOnlyLast(event.currentTarget.checked)}
          />
          {say('edit_only_last')}
        </label>
      )}
      {some.length === 0 && all.length > 0 && <p class="edit-fine">{say('edit_fine_recent')}</p>}
      <Some title={say('edit_hard_title')} why={say('edit_hard_why')} faults={hard} />
      <Some title={say('edit_soft_title')} why={say('edit_soft_why')} faults={soft} />
    </div>
  );
}

function Some({ title, why, faults }: { title: string; why: string; faults: Finding[] }) {
  const [isAll, setAll] = useState(false);
  if (!faults.length) return null;
  const listed = isAll ? faults : faults.slice(0, MOST);
  return (
    <section>
      <h3>
        {title}
        <span class="desk-number">{faults.length}</span>
      </h3>
      <p class="desk-hint">{why}</p>
      <ul class="edit-fault-list">
        {listed.map((fault) => (
          <FaultRow key={fault.kind + fault.grid_code + fault.courtyard_ids.join()} fault={fault} />
        ))}
      </ul>
      {faults.length > listed.length && (
        <button type="button" class="ui-button" onClick={() => setAll(true)}>
          {say('edit_all_faults', { n: faults.length })}
        </button>
      )}
    </section>
  );
}

export function FaultRow({ fault }: { fault: Finding }) {
  const isHard = fault.severity === 'hard';
  return (
    <li class="edit-fault" data-kind={fault.kind} data-grid={fault.grid_code}>
      <Chip tone={isHard ? 'bad' : 'warn'}>{say(`edit_fault_${fault.kind}`)}</Chip>
      <p>{tell.fault(fault)}</p>
      <button
        type="button"
        class="ui-button"
        aria-label={say('edit_show_at', { grid: tell.gridName(layout.value, fault.grid_code) })}
        onClick={() => showFinding(fault)}
      >
        <Icon name="place" />
        {say('edit_show')}
      </button>
    </li>
  );
}
