/** What the server has: a layout, its revision, and the log that led there. (Owner: C) */
import { Sheet } from '../model/edits';
import type { Ground } from '../model/ground';
import { decodeLayout, type Layout } from '../model/layout';
import type { Walks } from '../model/walks';
import { getLayout, getMoves, type Revision } from './calls';
import type { Options } from './server';

export class Mirror {
  base: Layout;
  revision: number;
  private log = new Map<number, Revision>();
  /** the log is whole after this revision */
  private from: number;

  constructor(
    private readonly plan: number,
    private readonly ground: Ground,
    layout: Layout,
    private readonly walks: () => Walks | null,
    private readonly options: Options,
  ) {
    this.base = layout;
    this.revision = layout.plan.revision;
    this.from = this.revision;
  }

  /** Fetch what was done since; `base` is another then, even if it breaks off halfway. */
  async pull(): Promise<void> {
    for (;;) {
      const told = await getMoves(this.plan, this.revision, this.options);
      if (told.revision < this.revision) {
        // the store was put back to an older day
        await this.reload();
        return;
      }
      this.take(told.revisions, Math.max(told.next, this.revision));
      if (this.revision >= told.revision) {
        await this.learnNames();
        return;
      }
    }
  }

  /** Take over what one call did, if nothing is missing before it; else fetch all. */
  async accept(saved: Revision): Promise<void> {
    if (saved.revision === this.revision + 1) this.take([saved], saved.revision);
    else if (saved.revision > this.revision) await this.pull();
    await this.learnNames();
  }

  /** See that the log is known after a revision. */
  async reach(from: number): Promise<void> {
    let at = from;
    while (at < this.from) {
      const told = await getMoves(this.plan, at, this.options);
      for (const one of told.revisions) {
        if (one.revision <= this.revision) this.log.set(one.revision, one);
      }
      if (told.next <= at) break;
      at = told.next;
    }
    this.from = Math.min(this.from, from);
  }

  /** Return the known revisions after one, oldest first. */
  since(revision: number): Revision[] {
    return [...this.log.values()]
      .filter((one) => one.revision > revision)
      .sort((a, b) => a.revision - b.revision);
  }

  private take(revisions: readonly Revision[], revision: number): void {
    const news = revisions.filter((one) => one.revision > this.revision);
    if (news.length > 0 || this.base.plan.revision !== revision) {
      const plan = { ...this.base.plan, revision, etag: `${this.plan}-${revision}` };
      const sheet = new Sheet(this.base, this.ground);
      for (const entry of news.flatMap((one) => one.entries)) sheet.write(entry);
      const after = news.length > 0 ? sheet.done(this.walks()) : this.base;
      this.base = { ...after, plan };
    }
    // last, so that what cannot be written down is not taken for known
    for (const one of news) this.log.set(one.revision, one);
    this.revision = revision;
  }

  /** Ask for the names of grids that were empty when the layout was fetched, and are not now. */
  private async learnNames(): Promise<void> {
    const nameless = [...this.base.grids.values()].filter((grid) => grid.name === '');
    if (nameless.length === 0) {
      return;
    }
    const wire = await getLayout(this.plan, undefined, this.options);
    const told = decodeLayout(wire, this.ground).grids;
    const grids = new Map(this.base.grids);
    for (const grid of nameless) {
      const name = told.get(grid.code)?.name;
      // what has no name anywhere goes by its code
      grids.set(grid.code, { ...grid, name: name || grid.code });
    }
    this.base = { ...this.base, grids };
  }

  private async reload(): Promise<void> {
    const wire = await getLayout(this.plan, undefined, this.options);
    this.base = decodeLayout(wire, this.ground);
    this.revision = this.base.plan.revision;
    this.from = this.revision;
    this.log = new Map();
  }
}
