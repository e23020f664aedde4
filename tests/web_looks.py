"""What an eye would see at once, asked from the page: overlaps, overflows, small targets."""

from __future__ import annotations

# every line of visible text, as (words, left, top, right, bottom)
_LINES = """
() => {
  const lines = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const words = node.textContent.trim();
    const parent = node.parentElement;
    if (!words || parent.closest('script, style, noscript, select')) continue;
    const style = getComputedStyle(parent);
    if (style.visibility === 'hidden' || Number(style.opacity) === 0) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      // what is only there for screen readers takes no room
      if (box.width < 2 || box.height < 2) continue;
      let [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom];
      for (let up = parent; up && up !== document.body; up = up.parentElement) {
        const around = getComputedStyle(up);
        if (around.overflowX === 'visible' && around.clip === 'auto') continue;
        const frame = up.getBoundingClientRect();
        left = Math.max(left, frame.left); right = Math.min(right, frame.right);
        top = Math.max(top, frame.top); bottom = Math.min(bottom, frame.bottom);
      }
      if (right - left < 2 || bottom - top < 2) continue;
      const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      // behind a dialog or a sheet
      if (!seen || !(seen.contains(parent) || parent.contains(seen))) continue;
      lines.push([words.slice(0, 40), left, top, right, bottom]);
    }
  }
  return lines;
}
"""

# text that its own box cuts off without saying so by an ellipsis
_CUT = """
() => [...document.querySelectorAll('body *')].filter((one) => {
  const style = getComputedStyle(one);
  const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  return own && one.clientWidth > 2 && style.overflowX === 'hidden'
    && style.textOverflow !== 'ellipsis' && one.scrollWidth > one.clientWidth + 1;
}).map((one) => one.textContent.trim().slice(0, 60))
"""

_SMALL = """
(least) => [...document.querySelectorAll(
  'button, a[href], input:not([type=hidden]), select, summary, [role=option], [role=tab]'
)].filter((one) => {
  const box = one.getBoundingClientRect();
  const x = (box.left + box.right) / 2;
  const y = (box.top + box.bottom) / 2;
  if (box.width < 2 || box.height < 2) return false;
  if (getComputedStyle(one).visibility === 'hidden') return false;
  const seen = document.elementFromPoint(x, y);
  if (!seen || !(one.contains(seen) || seen.contains(one))) return false;
  // a target may reach beyond its ink: a label around a box, or padding of its parent
  const target = (one.closest('label') || one).getBoundingClientRect();
  // a link within a sentence is as high as its line
  const isInline = one.tagName === 'A' && getComputedStyle(one).display === 'inline';
  return !isInline && (target.width < least || target.height < least);
}).map((one) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 30)}`)
"""


def overlapping_lines(page):
    """Return pairs of visible lines of text that lie over one another."""
    lines = page.evaluate(_LINES)
    found = []
    for at, (words, left, top, right, bottom) in enumerate(lines):
        for other, left2, top2, right2, bottom2 in lines[at + 1 :]:
            wide = min(right, right2) - max(left, left2)
            high = min(bottom, bottom2) - max(top, top2)
            # boxes of neighbouring lines touch; a third of a line is an overlap
            if wide > 3 and high > 0.33 * min(bottom - top, bottom2 - top2):
                found.append((words, other))
    return found


def lines_outside(page):
    """Return visible text that reaches over the window's sides, or that its box cuts off."""
    width = page.evaluate("document.documentElement.clientWidth")
    outside = [line[0] for line in page.evaluate(_LINES) if line[1] < -1 or line[3] > width + 1]
    scrolls = page.evaluate("document.documentElement.scrollWidth") > width + 1
    return outside + page.evaluate(_CUT) + (["the page scrolls sideways"] if scrolls else [])


def small_targets(page, least=40):
    """Return what can be touched and is smaller than a thumb."""
    return page.evaluate(_SMALL, least)


def clashing_labels(page):
    """Return pairs of names on the map that lie over one another."""
    labels = page.evaluate("() => geogridView.labels().map(({text, box}) => [text, ...box])")
    return [
        (a[0], b[0])
        for at, a in enumerate(labels)
        for b in labels[at + 1 :]
        if min(a[3], b[3]) - max(a[1], b[1]) > 0.5 and min(a[4], b[4]) - max(a[2], b[2]) > 0.5
    ]
