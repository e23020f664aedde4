/** Who is on duty for a grid: roles and duty lines, never persons. */
import { me, start } from '../../app/state';
import type { Ground } from '../../model/ground';
import type { GridFacts } from '../../model/layout';
import { say } from '../../words';

export interface Post {
  role: string;
  place: string;
  /** null: none is known; '' never */
  phone: string | null;
}

export function postsOf(grid: GridFacts, land: Ground): Post[] {
  const beat = grid.beat ? land.beats.get(grid.beat) : undefined;
  const station = land.stations.find((one) => one.id === beat?.parent);
  const community = land.communities.get(grid.community);
  const line = (one: { more: Record<string, unknown> } | undefined) =>
    one?.more.duty_phone ? String(one.more.duty_phone) : null;
  const home = community?.name ?? grid.community;
  return [
    {
      role: say('duty_beat_lead'),
      place: beat ? beat.name || beat.id : say('card_no_beat'),
      phone: line(beat) ?? line(station),
    },
    { role: say('duty_grid_lead'), place: home, phone: line(community) },
    { role: say('duty_grid_worker'), place: home, phone: line(community) },
  ];
}

export function Duty({ grid, land }: { grid: GridFacts; land: Ground }) {
  const posts = postsOf(grid, land);
  const isAny = posts.some((post) => post.phone !== null);
  // one plan served to this computer has no door to sign in at
  const mayKnow = me.value !== null || start.value?.has_accounts === false;
  return (
    <section class="card-part">
      <h3>{say('duty_title')}</h3>
      <ul class="card-duty">
        {posts.map((post) => (
          <li key={post.role}>
            <span class="card-duty-role">{post.role}</span>
            <span class="card-duty-place">{post.place}</span>
            {post.phone && (
              <a class="card-duty-phone" href={`tel:${post.phone.replace(/[^+\d]/g, '')}`}>
                {post.phone}
              </a>
            )}
          </li>
        ))}
      </ul>
      <p class="card-note">
        {say(isAny ? 'duty_roles' : mayKnow ? 'duty_no_phone' : 'duty_sign_in')}
      </p>
    </section>
  );
}
