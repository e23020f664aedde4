/** The panels there are, for whom, and in what order. */
import type { Panel } from '../app/state';
import { layout, me, start } from '../app/state';
import type { Permission } from '../model/types';
import type { Word } from '../words';
import type { IconName } from './icons';

export interface PanelEntry {
  name: Panel;
  word: Word;
  icon: IconName;
}

interface Rule extends PanelEntry {
  needs?: Permission;
}

const ALL: Rule[] = [
  { name: 'none', word: 'panel_none', icon: 'info' },
  { name: 'community', word: 'panel_community', icon: 'table' },
  { name: 'layers', word: 'panel_layers', icon: 'layers' },
  { name: 'drafts', word: 'panel_drafts', icon: 'drafts', needs: 'read' },
  { name: 'edit', word: 'panel_edit', icon: 'edit', needs: 'edit' },
  { name: 'changes_list', word: 'panel_changes_list', icon: 'list', needs: 'edit' },
  { name: 'compare', word: 'panel_compare', icon: 'compare' },
  { name: 'comments', word: 'panel_comments', icon: 'comments', needs: 'comment' },
  { name: 'approval', word: 'panel_approval', icon: 'approval', needs: 'see_drafts' },
  { name: 'police', word: 'panel_police', icon: 'beat' },
  { name: 'coverage', word: 'panel_coverage', icon: 'courtyard' },
  { name: 'help', word: 'panel_help', icon: 'help' },
];

/** Return the panels that are of use to whoever looks. */
export function panelsNow(): PanelEntry[] {
  const may = me.value?.permissions ?? [];
  const isAlone = start.value?.has_accounts === false;
  return ALL.filter(({ name, needs }) => {
    if (name === 'compare') return !isAlone && me.value !== null;
    // work of the offices; the public has no use for it
    if (name === 'police' || name === 'coverage') return isAlone || me.value !== null;
    return needs === undefined || (!isAlone && may.includes(needs));
  });
}

/** Editing begins with a draft: where none is open, the list of drafts comes first. */
export function editingPanel(): Panel {
  const may = me.value?.permissions ?? [];
  return layout.value?.plan.status === 'draft' && may.includes('edit') ? 'edit' : 'drafts';
}
