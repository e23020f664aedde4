/** The panel of a draft that is being edited: give, judge, grids, mend. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { openPanel } from '../app/actions';
import { findings, isNarrow, layout, me } from '../app/state';
import { say } from '../words';
import { FaultList } from './Faults';
import { Give } from './Give';
import { GridTools } from './GridTools';
import { MendTab } from './Mend';
import { LastChangeView, VerdictLine } from './Outcome';
import { Tabs } from './parts';
import { beginEditing, isOpen, last } from './session';
import { mayEdit } from './steps';

export type EditTab = 'give' | 'faults' | 'grids' | 'mend';
export const editTab = signal<EditTab>('give');

export function EditPanel() {
  const plan = layout.value?.plan;
  const box = useRef<HTMLElement>(null);
  const done = last.value;
  // what was done last is told at the top
  useEffect(() => {
    const scroller = done && box.current?.closest('.panel-scroll');
    if (scroller) scroller.scrollTop = 0;
    // the button that did it is gone: the keyboard goes on from the top of the panel
    if (done && document.activeElement === document.body) box.current?.focus();
  }, [done]);
  if (!isOpen.value || !plan) return <NotEditing />;
  const hard = findings.value.filter((fault) => fault.severity === 'hard').length;
  const all = findings.value.length;
  // a clerk edits the district's draft, but hands in only the own subdistrict's
  const maySubmit = me.value?.role !== 'clerk' || plan.scope === me.value.subdistrict;
  return (
    <section class="desk-panel edit-panel" aria-label={say('edit_title')} tabIndex={-1} ref={box}>
      {!isNarrow.value && <p class="desk-title">{plan.title}</p>}
      <Tabs
        label={say('edit_title')}
        value={editTab.value}
        onChange={(tab) => {
          editTab.value = tab;
        }}
        tabs={[
          { key: 'give', text: say('edit_tab_give') },
          {
            key: 'faults',
            text: say('edit_tab_faults'),
            mark: all > 0 && (
              <span class={`desk-number ${hard ? 'desk-number-bad' : ''}`}>{all}</span>
            ),
          },
          { key: 'grids', text: say('edit_tab_grids') },
          { key: 'mend', text: say('edit_tab_mend') },
        ]}
      />
      <VerdictLine />
      <div role="tabpanel" class="edit-tab" aria-label={say(`edit_tab_${editTab.value}`)}>
        {editTab.value === 'give' && (
          <>
            <Give />
            <LastChangeView />
          </>
        )}
        {editTab.value === 'faults' && <FaultList />}
        {editTab.value === 'grids' && <GridTools />}
        {editTab.value === 'mend' && <MendTab />}
      </div>
      <footer class="desk-actions desk-foot">
        <button type="button" class="ui-button" onClick={() => openPanel('compare')}>
          {say('edit_to_compare')}
        </button>
        <button type="button" class="ui-button" onClick={() => openPanel('comments')}>
          {say('edit_to_comments')}
        </button>
        <button type="button" class="ui-button" onClick={() => openPanel('approval')}>
          {say(maySubmit ? 'edit_to_approval' : 'step_title')}
        </button>
      </footer>
    </section>
  );
}

function NotEditing() {
  const plan = layout.value?.plan;
  const may = plan ? mayEdit(plan, me.value) : false;
  const plan_id = plan?.plan_id ?? 0;
  // who opens this panel on a draft of theirs means to edit it
  useEffect(() => {
    if (may) void beginEditing(plan_id);
  }, [may, plan_id]);
  return (
    <section class="desk-panel edit-panel" aria-label={say('edit_title')}>
      <p>{say(may ? 'edit_may_begin' : me.value ? 'edit_choose_draft' : 'draft_sign_in')}</p>
      <div class="desk-actions">
        {may && plan && (
          <button
            type="button"
            class="ui-button ui-button-main"
            onClick={() => void beginEditing(plan.plan_id)}
          >
            {say('edit_begin')}
          </button>
        )}
        <button type="button" class="ui-button" onClick={() => openPanel('drafts')}>
          {say('edit_to_drafts')}
        </button>
      </div>
    </section>
  );
}
