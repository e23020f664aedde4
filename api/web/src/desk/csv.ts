/** Tables for spreadsheets: a mark at the beginning for Chinese, and no cell that is taken for a formula. */

/** Return one cell: quoted where needed, a leading sign of formulas made text. */
export function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // spreadsheets run what begins with one of these, also behind a blank, some the wide ones too
  let text = /^\s*[=+\-@＝＋－＠\t\r]/.test(value) ? `'${value}` : value;
  // a code is no number: with a tab behind it, spreadsheets show all its digits
  if (/^\d{12,}$/.test(text)) text += '\t';
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** Return a table as CSV: UTF-8 with its mark, lines as spreadsheets end them. */
export function csvOf(rows: (string | number | null)[][]): string {
  return `\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
