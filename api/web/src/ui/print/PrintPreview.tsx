export function PrintPreview() {
  return null;
}
