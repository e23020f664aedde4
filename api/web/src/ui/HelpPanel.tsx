/** What the marks mean, which keys there are, how to edit, why some counts are hidden. */
import { me } from '../app/state';
import { say, type Word } from '../words';

const KEYS: [string, Word][] = [
  ['/', 'help_key_find'],
  ['Tab', 'help_key_tab'],
  ['Enter', 'help_key_enter'],
  ['Esc', 'help_key_escape'],
  ['+ −', 'help_key_zoom'],
  ['← ↑ → ↓', 'help_key_arrows'],
];

const EDIT_KEYS: [string, Word][] = [
  ['Ctrl+Z', 'help_key_undo'],
  ['Ctrl+Y', 'help_key_redo'],
];

export function HelpPanel() {
  const mayEdit = me.value?.permissions.includes('edit') ?? false;
  return (
    <div class="help">
      <Part title="help_look">
        <li>{say('help_look_1')}</li>
        <li>{say('help_look_2')}</li>
        <li>{say('help_look_3')}</li>
      </Part>
      <Part title="help_find">
        <li>{say('help_find_1')}</li>
        <li>{say('help_find_2')}</li>
        <li>{say('help_find_3')}</li>
      </Part>
      {mayEdit && (
        <Part title="help_edit">
          <li>{say('help_edit_1')}</li>
          <li>{say('help_edit_2')}</li>
          <li>{say('help_edit_3')}</li>
          <li>{say('help_edit_4')}</li>
        </Part>
      )}
      <Part title="help_marks">
        <li>{say('help_marks_1')}</li>
        <li>{say('help_marks_2')}</li>
        <li>{say('help_marks_3')}</li>
      </Part>
      <Part title="help_hidden">
        <li>{say('help_hidden_1')}</li>
        <li>{say('help_hidden_2')}</li>
      </Part>
      <section class="help-part">
        <h3>{say('help_keys')}</h3>
        <dl class="help-keys">
          {KEYS.concat(mayEdit ? EDIT_KEYS : []).map(([key, word]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{say(word)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}

function Part({ title, children }: { title: Word; children: preact.ComponentChildren }) {
  return (
    <section class="help-part">
      <h3>{say(title)}</h3>
      <ul>{children}</ul>
    </section>
  );
}
