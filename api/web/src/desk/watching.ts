/** What the desk follows while the page is open: the draft's verdict, clicks while giving, keys, leaving. */
import { effect } from '@preact/signals';
import { notify, openPanel } from '../app/actions';
import { findings, ground, layout, me, picked, saving, selected } from '../app/state';
import type { Finding, Subject } from '../model/types';
import { judge } from '../model/verdict';
import { say } from '../words';
import { watchRemarks } from './remarks';
import {
  asking,
  beginEditing,
  carryOut,
  clearPicks,
  endEditing,
  faultWords,
  giving,
  isOpen,
  maths,
  redo,
  session,
  toggleGiving,
  undo,
  walks,
} from './session';
import { mayEdit } from './steps';
import { giveTo } from './targets';
import { isUnsaved, noteUnsaved } from './unsaved';

/** A grid was clicked while giving: do it if it breaks no rule, else ask. */
function givenTo(subject: Subject): void {
  const [on, now] = [ground.value, layout.value];
  if (!on || !now) return;
  const row = subject.kind === 'courtyard' ? on.rowOf.get(subject.id) : undefined;
  const code =
    subject.kind === 'grid' && subject.layer === 'gov_grids'
      ? subject.code
      : row === undefined
        ? ''
        : now.codeOf[row];
  if (!code || ![...picked.value].some((one) => now.codeOf[one] !== code)) return;
  const plan = giveTo(now, on, maths.value, picked.value, code);
  if (plan.refusal) {
    notify(faultWords(plan.refusal), 'bad');
    return;
  }
  if (plan.worse.some((fault) => fault.severity === 'hard')) {
    asking.value = plan;
    openPanel('edit');
    return;
  }
  void carryOut(plan);
}

/** Judge drafts as they change; follow clicks while giving; end when another plan is opened. */
export function watchDesk(): () => void {
  const ends = [
    watchRemarks(),
    effect(() => {
      const [on, now, known] = [ground.value, layout.value, walks.value];
      const isDraft = now && ['draft', 'proposed', 'approved'].includes(now.plan.status);
      const found: Finding[] = on && now && isDraft && me.value ? judge(now, on, known) : [];
      findings.value = found;
    }),
    effect(() => {
      const subject = selected.value;
      if (subject && giving.peek() && picked.peek().size) givenTo(subject);
    }),
    effect(() => {
      const open = session.value;
      const now = layout.value;
      if (open && now && now.plan.plan_id !== open.plan_id) void endEditing({ quietly: true });
    }),
    effect(() => {
      const name = me.value?.name;
      const open = session.peek();
      if (!open || !name) return;
      // edits wait for the one who made them; somebody else begins anew
      if (name === open.name) void open.sync.signedIn(name);
      else void endEditing({ quietly: true });
    }),
    effect(() => {
      // nothing is given any more once nothing is picked
      if (!picked.value.size && giving.peek()) clearPicks();
    }),
  ];
  ends.push(
    effect(() => {
      const open = session.value;
      const { state, waiting } = saving.value;
      // a session that just began has not read its book yet: only "saved" says that nothing waits
      if (!open?.isReady) return;
      noteUnsaved(open.plan_id, open.name, waiting > 0 || state === 'refused');
    }),
    effect(() => {
      const plan = layout.value?.plan;
      const who = me.value;
      if (!plan || !who || session.peek() || !isUnsaved(plan.plan_id, who.name)) return;
      if (!mayEdit(plan, who)) return;
      void beginEditing(plan.plan_id).then((isOn) => {
        if (isOn) notify(say('save_going_on'), 'info');
      });
    }),
  );
  const keys = (event: KeyboardEvent) => onKey(event);
  const leaving = (event: BeforeUnloadEvent) => {
    const open = session.value;
    // what is kept in the browser goes on later; only where it could not be kept is leaving a loss
    if (!open || saving.value.waiting === 0 || open.sync.isDurable.value) return;
    event.preventDefault();
    event.returnValue = '';
  };
  document.addEventListener('keydown', keys);
  window.addEventListener('beforeunload', leaving);
  return () => {
    for (const end of ends) end();
    document.removeEventListener('keydown', keys);
    window.removeEventListener('beforeunload', leaving);
  };
}

function onKey(event: KeyboardEvent): void {
  if (!isOpen.value || event.defaultPrevented) return;
  const at = event.target as HTMLElement | null;
  const isTyping = !!at && (/^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) || at.isContentEditable);
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !isTyping) {
    if (key === 'z' || key === 'y') {
      event.preventDefault();
      void (key === 'y' || event.shiftKey ? redo() : undo());
    }
    return;
  }
  if (event.key !== 'Escape' || isTyping) return;
  if (giving.value) toggleGiving();
  else if (picked.value.size) clearPicks();
}
