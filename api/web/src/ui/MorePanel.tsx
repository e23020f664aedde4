/** The phone's list of all that the bottom bar has no room for. */
import { openPanel } from '../app/actions';
import { say } from '../words';
import { LanguageSwitch, Marks, SchemeSwitch } from './Header';
import { Icon } from './icons';
import { panelsNow } from './panels';

export function MorePanel() {
  const entries = panelsNow().filter((one) => one.name !== 'none' && one.name !== 'edit');
  return (
    <div class="more">
      <ul>
        {entries.map((one) => (
          <li key={one.name}>
            <button type="button" class="more-item" onClick={() => openPanel(one.name)}>
              <Icon name={one.icon} />
              {say(one.word)}
            </button>
          </li>
        ))}
      </ul>
      <div class="more-switches">
        <LanguageSwitch />
        <SchemeSwitch isLong />
      </div>
      <Marks />
    </div>
  );
}
