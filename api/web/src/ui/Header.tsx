/** The head of the page: what is shown, find, save state, language, colours, account. */
import { setLanguage, setScheme } from '../app/actions';
import { ground, isNarrow, language, layout, scheme, start } from '../app/state';
import { SaveBadge } from '../desk';
import { say, type Word } from '../words';
import { Account } from './Account';
import { Find } from './Find';
import { day } from './format';
import { Icon } from './icons';

export function Header() {
  const isSmall = isNarrow.value;
  return (
    <header class="head">
      <div class="head-first">
        <Logo />
        <div class="head-names">
          <h1>{pageTitle()}</h1>
          {layout.value && <Version />}
        </div>
        {!isSmall && <Marks />}
      </div>
      <Find />
      <div class="head-last">
        <SaveBadge />
        {!isSmall && (
          <>
            <LanguageSwitch />
            <SchemeSwitch />
          </>
        )}
        <Account />
      </div>
    </header>
  );
}

export function pageTitle(): string {
  const name = districtName();
  return name ? say('title_of', { name }) : say('title');
}

/** without the remark in brackets: a mark beside it says the same */
export function districtName(): string {
  const name = ground.value?.wire.district.name ?? start.value?.districts[0]?.name ?? '';
  return name.replace(/[（(].*[）)]$/, '').trim();
}

function Logo() {
  return (
    <svg class="head-logo" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
      <rect width="32" height="32" rx="7" class="head-logo-back" />
      <path
        d="M8 9.5 15 7l9 3v6.5M8 9.5V17l7-2.5M15 7v7.5m0 0 9 2M8 17v5.5l7 2.5 9-3.5v-5M15 14.5V25"
        class="head-logo-lines"
      />
    </svg>
  );
}

/** Which version this is: state, document number, since when. */
export function Version() {
  const plan = layout.value?.plan;
  if (!plan) return null;
  const since = plan.effective_date
    ? say('head_since', { day: day(plan.effective_date) })
    : plan.plan_id > 0
      ? revisionWord(plan.revision)
      : '';
  const name = plan.document_no ?? plan.title;
  return (
    <p class="head-version" title={`${name} ${since}`}>
      <span class={`badge badge-${plan.status}`}>{say(`status_${plan.status}` as Word)}</span>
      <span class="head-document">{name}</span>
      <span class="head-since">{since}</span>
    </p>
  );
}

export function revisionWord(revision: number): string {
  return revision === 0 ? say('head_untouched') : say('head_revision', { n: revision });
}

/** What must stand on every map. */
export function Marks() {
  const about = ground.value?.wire.district;
  const review = start.value?.review_no;
  return (
    <p class="marks">
      <span class="mark mark-internal">
        {review ? say('mark_review', { n: review }) : say('mark_internal')}
      </span>
      {about?.synthetic && <span class="mark mark-made">{say('mark_synthetic')}</span>}
      {about?.estimated && <span class="mark mark-made">{say('mark_estimated')}</span>}
    </p>
  );
}

export function LanguageSwitch() {
  const isChinese = language.value === 'zh';
  return (
    <button
      type="button"
      class="ui-button ui-button-quiet"
      lang={isChinese ? 'en' : 'zh-CN'}
      onClick={() => setLanguage(isChinese ? 'en' : 'zh')}
    >
      {isChinese ? 'English' : '中文'}
    </button>
  );
}

const SCHEMES = ['auto', 'light', 'dark'] as const;
const SCHEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' } as const;

export function SchemeSwitch({ isLong = false }: { isLong?: boolean }) {
  const now = scheme.value;
  const next = SCHEMES[(SCHEMES.indexOf(now) + 1) % SCHEMES.length]!;
  const label = say(`scheme_${now}` as Word);
  return (
    <button
      type="button"
      class={`ui-button ui-button-quiet${isLong ? '' : ' head-scheme'}`}
      title={say('scheme_change', { now: label })}
      aria-label={say('scheme_change', { now: label })}
      onClick={() => setScheme(next)}
    >
      <Icon name={SCHEME_ICONS[now]} />
      {isLong && <span>{label}</span>}
    </button>
  );
}
