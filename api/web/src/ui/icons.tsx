/** Line drawings for buttons: 24 by 24, drawn in the colour of the text around them. */
const PATHS = {
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM20 20l-4.8-4.8',
  map: 'M9 4 3.5 6.2v13.6L9 17.6l6 2.4 5.5-2.2V4.2L15 6.4 9 4zM9 4v13.6M15 6.4V20',
  edit: 'M4 20l1-4.2L16.2 4.6a1.6 1.6 0 0 1 2.3 0l.9.9a1.6 1.6 0 0 1 0 2.3L8.2 19 4 20zM14 7l3 3',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 7.8h.01',
  table: 'M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9',
  layers: 'M12 4 3.5 8.5 12 13l8.5-4.5L12 4zM4 12.5l8 4.2 8-4.2M4 16.3l8 4.2 8-4.2',
  list: 'M8 6h12M8 12h12M8 18h7M4 6h.01M4 12h.01M4 18h.01M17 16v5M14.7 18.8 17 21l2.3-2.2',
  drafts: 'M7 3.5h7.5L19 8v12.5H7zM14 4v4.5h5M10 13h6M10 16.5h6',
  compare: 'M12 3.5v17M9.5 6H4v12h5.5M14.5 6H20v12h-5.5',
  comments: 'M4 5h16v11.5H11L6.5 20v-3.5H4z',
  approval:
    'M12 3.2l7.5 2.8v5.4c0 4.6-3 7.9-7.5 9.4-4.5-1.5-7.5-4.8-7.5-9.4V6zM8.8 11.8l2.3 2.3 4.3-4.4',
  help: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.6 9.5a2.5 2.5 0 1 1 3.5 2.3c-.8.4-1.1.9-1.1 1.8M12 16.6h.01',
  close: 'M6 6l12 12M18 6 6 18',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  down: 'M6 9.5l6 6 6-6',
  up: 'M6 14.5l6-6 6 6',
  user: 'M12 12.2a4.1 4.1 0 1 0 0-8.2 4.1 4.1 0 0 0 0 8.2zM4.5 20.5c.6-4 3.6-5.8 7.5-5.8s6.9 1.8 7.5 5.8',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.8v2M12 19.2v2M2.8 12h2M19.2 12h2M5.5 5.5l1.4 1.4M17.1 17.1l1.4 1.4M5.5 18.5l1.4-1.4M17.1 6.9l1.4-1.4',
  moon: 'M20 14.2A8.3 8.3 0 0 1 9.8 4 8.3 8.3 0 1 0 20 14.2z',
  auto: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 7h4.5M12 12h6M12 17h4.5',
  target: 'M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM12 2.5v4M12 17.5v4M2.5 12h4M17.5 12h4',
  print: 'M7 9V3.5h10V9M7 17H4V9.5h16V17h-3M7 14h10v6.5H7z',
  download: 'M12 4v11M7.5 11l4.5 4.3 4.5-4.3M4.5 19.5h15',
  link: 'M10 14l4-4M8.2 11.2l-2.6 2.6a3.3 3.3 0 0 0 4.6 4.6l2.6-2.6M15.8 12.8l2.6-2.6a3.3 3.3 0 0 0-4.6-4.6l-2.6 2.6',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.2l3.4 2',
  courtyard: 'M4 20V9.5L12 4l8 5.5V20zM9.5 20v-5.5h5V20',
  grid: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  community: 'M3.5 20V11l5-3.5 5 3.5v9zM13.5 20h7V6.5l-4-2.5-4 2.5v3',
  beat: 'M12 3.2l7.5 2.8v5.4c0 4.6-3 7.9-7.5 9.4-4.5-1.5-7.5-4.8-7.5-9.4V6zM12 8v7M8.5 11.5h7',
  phone:
    'M6.5 3.5l3 .3 1.3 4-2 1.7a12 12 0 0 0 5.7 5.7l1.7-2 4 1.3.3 3c0 1.6-1 2.6-2.6 2.6C10.5 20.5 3.5 13.5 3.5 6.1 3.5 4.5 4.9 3.5 6.5 3.5z',
  warn: 'M12 4 2.8 20h18.4zM12 10v4.5M12 17.3h.01',
  check: 'M5 12.5l4.7 4.7L19.5 7',
  offline: 'M4 9.5a12 12 0 0 1 16 0M7 13a7.5 7.5 0 0 1 10 0M12 18h.01M4 3l16 18',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="ui-icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width={name === 'more' ? 3 : 1.7}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
