/** The bar over the map while a draft is edited: tools, what is picked, undo, leaving. */
import { useEffect } from 'preact/hooks';
import { openPanel } from '../app/actions';
import { beside, ground, isNarrow, panel, picked, sheet, tool } from '../app/state';
import type { Tool } from '../model/types';
import { say } from '../words';
import { countRows } from './change';
import { Icon } from './parts';
import {
  clearPicks,
  endEditing,
  giving,
  isOpen,
  redo,
  session,
  toggleGiving,
  undo,
} from './session';
import * as tell from './tell';
import { watchDesk } from './watching';

const TOOLS: Tool[] = ['pan', 'tap', 'box', 'lasso'];

export function EditBar() {
  useEffect(watchDesk, []);
  const open = session.value;
  const on = ground.value;
  // on a phone the swipe needs the room
  const isAside = isNarrow.value && beside.value !== null;
  const isShown = open !== null && isOpen.value && on !== null && !isAside;
  const mark = !isShown ? '' : picked.value.size || giving.value ? 'picked' : 'on';
  // the style of the map's foot goes by it
  useEffect(() => {
    if (mark) document.documentElement.setAttribute('data-editing', mark);
    else document.documentElement.removeAttribute('data-editing');
  }, [mark]);
  if (!isShown || !open || !on) return null;
  const { courtyards, households } = countRows(on, picked.value);
  const { canUndo, canRedo } = open.sync;
  return (
    <div
      // on a phone the bar stands on the sheet, whatever its height
      class={`edit-bar${isNarrow.value ? ` edit-over-${sheet.value}` : ''}`}
      role="toolbar"
      aria-label={say('edit_bar')}
    >
      <div class="edit-row">
        <div class="edit-tools">
          {TOOLS.map((kind) => (
            <button
              type="button"
              key={kind}
              class="edit-tool"
              aria-pressed={tool.value === kind && !giving.value}
              title={say(`edit_tool_${kind as 'pan'}_why`)}
              onClick={() => {
                if (giving.value) toggleGiving();
                tool.value = kind;
              }}
            >
              <Icon name={kind} />
              <span>{say(`edit_tool_${kind as 'pan'}`)}</span>
            </button>
          ))}
        </div>
        <div class="edit-steps">
          <button
            type="button"
            class="edit-tool"
            disabled={!canUndo.value}
            title={say('edit_undo_why')}
            onClick={() => void undo()}
          >
            <Icon name="undo" />
            <span>{say('edit_undo')}</span>
          </button>
          <button
            type="button"
            class="edit-tool"
            disabled={!canRedo.value}
            title={say('edit_redo_why')}
            onClick={() => void redo()}
          >
            <Icon name="redo" />
            <span>{say('edit_redo')}</span>
          </button>
          <button
            type="button"
            class="edit-tool edit-leave"
            title={say('edit_leave')}
            onClick={() => void endEditing()}
          >
            <Icon name="leave" />
            <span>{say('edit_leave_short')}</span>
          </button>
        </div>
      </div>
      {(courtyards > 0 || giving.value) && (
        <div class="edit-picked">
          <output aria-live="polite">
            {giving.value
              ? say('edit_giving', { n: courtyards })
              : say('edit_picked', { n: courtyards, households: tell.count(households) })}
          </output>
          <button
            type="button"
            class="edit-small"
            aria-pressed={giving.value}
            onClick={toggleGiving}
          >
            <Icon name="give" />
            <span>{say(giving.value ? 'edit_give_stop' : 'edit_give')}</span>
          </button>
          <button type="button" class="edit-small" onClick={clearPicks}>
            <Icon name="clear" />
            <span>{say('edit_clear')}</span>
          </button>
          {panel.value !== 'edit' && (
            <button type="button" class="edit-small" onClick={() => openPanel('edit')}>
              <span>{say('edit_more')}</span>
            </button>
          )}
        </div>
      )}
    </div>
  );
}
