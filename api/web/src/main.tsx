/** Where the page begins. */
import './style/theme.css';
import './style/map.css';
import './style/ui.css';
import './style/head.css';
import './style/boxes.css';
import './style/cards.css';
import './style/lists.css';
import './style/phone.css';
import './style/page.css';
import './style/print.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { boot } from './app/boot';
import { openProbe } from './app/probe';
import { ground, layout, selected } from './app/state';
import { Frame } from './ui/Frame';
import { titleOf } from './ui/format';
import { pageTitle } from './ui/Header';
import { Guard } from './ui/Messages';

boot();
effect(() => {
  const subject = selected.value;
  const name = subject ? `${titleOf(subject, ground.value, layout.value)} · ` : '';
  document.title = name + pageTitle();
});

const place = document.getElementById('app')!;
place.textContent = '';
render(
  <Guard>
    <Frame />
  </Guard>,
  place,
);
openProbe();
