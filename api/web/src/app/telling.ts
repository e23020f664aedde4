/** Telling and asking the reader: a notice at the foot, a question in the middle. */
import { notice, question } from './state';

/** long enough to read twenty Chinese characters twice */
const NOTICE_MS = 6000;

let timer: ReturnType<typeof setTimeout> | undefined;

export function notify(text: string, tone: 'info' | 'good' | 'bad' = 'info'): void {
  clearTimeout(timer);
  notice.value = { text, tone };
  // what went wrong stays until it is read
  if (tone !== 'bad') timer = setTimeout(hideNotice, NOTICE_MS);
}

export function hideNotice(): void {
  clearTimeout(timer);
  notice.value = null;
}

/** Ask a yes-or-no question in our own dialog; a second one answers the first with no. */
export function confirmBox(text: string): Promise<boolean> {
  question.value?.answer(false);
  return new Promise((resolve) => {
    question.value = {
      text,
      answer: (yes) => {
        question.value = null;
        resolve(yes);
      },
    };
  });
}

/** Save what lies at an address (of ours, or a blob's) as a file. */
export function download(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.appendChild(link);
  link.click();
  link.remove();
}

/** Hand out a table for a spreadsheet. */
export function saveCsv(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  download(url, name);
  // the browser needs the address until it has begun to write
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Copy text; also on plain http, where browsers withhold the clipboard. */
export async function copyText(text: string): Promise<boolean> {
  try {
    if (window.isSecureContext && navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // refused: the old way below may still work
  }
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('readonly', '');
  field.className = 'ui-offstage';
  document.body.appendChild(field);
  field.select();
  field.setSelectionRange(0, text.length);
  let done = false;
  try {
    done = document.execCommand('copy');
  } catch {
    done = false;
  }
  field.remove();
  return done;
}
