/** What of the map lies under the phone's sheet: fitted areas and buttons keep clear of it. */
import { isNarrow, sheet } from '../app/state';

/** heights of ui's sheet, as its style sheet has them */
const LOW_PX = 116;
const HALF_SHARE = 0.48;

/** Pixels at the foot of the map that the sheet covers; asked ahead of its slide. */
export function footCover(height: number, hasSheet: boolean): number {
  if (!isNarrow.value || !hasSheet) return 0;
  // a full sheet hides the map: what is fitted then shows when it comes down to half
  return sheet.value === 'low' ? LOW_PX : Math.round(HALF_SHARE * height);
}

export function hasSheet(): boolean {
  return document.querySelector('.sheet') !== null;
}
