/** What this browser remembers between visits; a browser that forgets does no harm. */
export function recall<T>(name: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`geogrid.${name}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(`geogrid.${name}`, JSON.stringify(value));
  } catch {
    // private windows and full disks refuse; the choice then lasts until the page is closed
  }
}
