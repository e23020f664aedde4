/** What stands on every printed page: marks, scale, north, source, QR code. */
import { encode } from 'uqr';
import { ground, layout, start } from '../../app/state';
import { say, type Word } from '../../words';
import { day } from '../format';
import { revisionWord } from '../Header';
import { roundLength } from './bounds';

/** today as the computer has it */
function today(): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

export function PageMarks() {
  const about = ground.value?.wire.district;
  const review = start.value?.review_no;
  return (
    <p class="page-marks">
      <strong>{review ? say('mark_review', { n: review }) : say('mark_internal')}</strong>
      {about?.synthetic && <span>{say('mark_synthetic')}</span>}
      {about?.estimated && <span>{say('mark_estimated')}</span>}
    </p>
  );
}

/** Version, document number, since when, date of printing, source. */
export function PageFoot() {
  const plan = layout.value?.plan;
  const about = ground.value?.wire.district;
  if (!plan || !about) return null;
  const words = [
    say(`status_${plan.status}` as Word),
    plan.document_no ?? plan.title,
    plan.effective_date
      ? say('head_since', { day: day(plan.effective_date) })
      : revisionWord(plan.revision),
    say('print_made', { day: day(today()) }),
    about.attribution && say('print_source', { text: about.attribution }),
  ];
  return <p class="page-foot">{words.filter(Boolean).join(' · ')}</p>;
}

export function ScaleBar({ perMm, room }: { perMm: number; room: number }) {
  const length = roundLength(perMm * room);
  const ratio = Math.round((perMm * 1000) / 100) * 100;
  return (
    <div class="page-scale">
      <span>
        {say('print_scale', { n: length })}
        {ratio > 0 && <small> 1:{ratio}</small>}
      </span>
      <span class="page-scale-bar" style={{ width: `${length / perMm}mm` }} />
    </div>
  );
}

export function North() {
  return (
    <div class="page-north">
      <svg viewBox="0 0 24 30" aria-hidden="true">
        <path d="M12 1 12 24 4 29Z" fill="currentColor" />
        <path d="M12 1 12 24 20 29Z" fill="none" stroke="currentColor" stroke-width="1.4" />
      </svg>
      <span>{say('print_north')}</span>
    </div>
  );
}

/** A QR code as one path; dark squares row by row. */
export function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 2 });
  let path = '';
  data.forEach((row, y) => {
    for (let x = 0; x < size; x++) {
      if (!row[x]) continue;
      let end = x + 1;
      while (end < size && row[end]) end++;
      path += `M${x} ${y}h${end - x}v1H${x}z`;
      x = end;
    }
  });
  return (
    <svg class="page-qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={text}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
