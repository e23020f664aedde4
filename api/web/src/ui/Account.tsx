/** Who I am: sign in, sign out, another password. */
import { useState } from 'preact/hooks';
import { changePassword, signIn, signOut } from '../app/actions';
import { dialog, ground, me, start } from '../app/state';
import { say, type Word } from '../words';
import { Dialog } from './Dialog';
import { Icon } from './icons';
import { Menu } from './Menu';

export function Account() {
  if (!start.value?.has_accounts) return null;
  const who = me.value;
  if (!who) {
    return (
      <button
        type="button"
        class="ui-button head-sign-in"
        onClick={() => {
          dialog.value = 'sign_in';
        }}
      >
        {say('door_in')}
      </button>
    );
  }
  const place = who.subdistrict
    ? (ground.value?.subdistricts.get(who.subdistrict)?.name ?? who.subdistrict)
    : '';
  return (
    <Menu
      label={say('door_account', { name: who.name })}
      face={
        <>
          <Icon name="user" />
          <span class="head-name">{who.name}</span>
        </>
      }
    >
      {(close) => (
        <>
          <p class="menu-who">
            <strong>{who.name}</strong>
            <span>
              {say(`role_${who.role}` as Word)}
              {place && ` · ${place}`}
            </span>
          </p>
          <button
            type="button"
            class="menu-item"
            onClick={() => {
              close();
              dialog.value = 'password';
            }}
          >
            {say('door_password_change')}
          </button>
          <button
            type="button"
            class="menu-item"
            onClick={() => {
              close();
              void signOut();
            }}
          >
            {say('door_out_do')}
          </button>
        </>
      )}
    </Menu>
  );
}

function close(): void {
  dialog.value = null;
}

export function SignIn() {
  const [why, setWhy] = useState('');
  const [isBusy, setBusy] = useState(false);

  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const name = String(form.get('name') ?? '').trim();
    const password = String(form.get('password') ?? '');
    if (!name || !password) {
      setWhy(say('door_both'));
      return;
    }
    setBusy(true);
    setWhy('');
    const refused = await signIn(name, password);
    setBusy(false);
    if (refused) setWhy(refused);
  };

  return (
    <Dialog title={say('door_in')} onClose={close}>
      <form class="dialog-form" onSubmit={onSubmit} noValidate>
        <Field name="name" label={say('door_name')} complete="username" isFirst />
        <Field name="password" label={say('door_password')} complete="current-password" isSecret />
        <p class="dialog-why" role="alert">
          {why}
        </p>
        <p class="dialog-note">{say('door_note')}</p>
        <div class="dialog-foot">
          <button type="button" class="ui-button" onClick={close}>
            {say('ui_cancel')}
          </button>
          <button type="submit" class="ui-button ui-button-main" disabled={isBusy}>
            {say(isBusy ? 'door_busy' : 'door_in')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** as the service asks of every password */
const SHORTEST = 12;

export function NewPassword() {
  const [why, setWhy] = useState('');
  const [isBusy, setBusy] = useState(false);

  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [old, next, again] = ['old', 'next', 'again'].map((name) => String(form.get(name) ?? ''));
    if (!old || !next) return setWhy(say('door_all'));
    if (next.length < SHORTEST) return setWhy(say('door_short', { n: SHORTEST }));
    if (next !== again) return setWhy(say('door_differ'));
    setBusy(true);
    const refused = await changePassword(old, next);
    setBusy(false);
    setWhy(refused ?? '');
  };

  return (
    <Dialog title={say('door_password_change')} onClose={close}>
      <form class="dialog-form" onSubmit={onSubmit} noValidate>
        <Field name="old" label={say('door_old')} complete="current-password" isFirst isSecret />
        <Field name="next" label={say('door_new')} complete="new-password" isSecret />
        <Field name="again" label={say('door_new_again')} complete="new-password" isSecret />
        <p class="dialog-why" role="alert">
          {why}
        </p>
        <p class="dialog-note">{say('door_change_note', { n: SHORTEST })}</p>
        <div class="dialog-foot">
          <button type="button" class="ui-button" onClick={close}>
            {say('ui_cancel')}
          </button>
          <button type="submit" class="ui-button ui-button-main" disabled={isBusy}>
            {say('door_change_do')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldProps {
  name: string;
  label: string;
  complete: string;
  isFirst?: boolean;
  isSecret?: boolean;
}

function Field({ name, label, complete, isFirst = false, isSecret = false }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        name={name}
        {...(isSecret && { type: 'password' as const })}
        autoComplete={complete}
        autoCapitalize="off"
        spellcheck={false}
        required
        {...(isFirst && { 'data-first': '' })}
      />
    </label>
  );
}
