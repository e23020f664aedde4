/** What of the map lies under the phone's sheet: names, areas and buttons keep clear. */
import { isNarrow, sheet } from '../app/state';

/** heights of ui's sheet, as its style sheet has them */
const LOW_PX = 96;
const HALF_SHARE = 0.48;

/** Pixels at the foot of the map that the sheet covers; asked ahead of its slide. */
export function footCover(map: HTMLElement): number {
  const body = document.querySelector('.sheet')?.parentElement;
  if (!isNarrow.value || !body) return 0;
  // a full sheet hides the map: what is fitted then shows when it comes down to half
  const height = sheet.value === 'low' ? LOW_PX : HALF_SHARE * body.clientHeight;
  const below = body.getBoundingClientRect().bottom - map.getBoundingClientRect().bottom;
  return Math.max(0, Math.round(height - below));
}
