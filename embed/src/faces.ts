/** Pictures of conversations, where an `img` could not say who asks: fetched, and shown as data addresses. */

const KEPT = 100;

const kept = new Map<string, Promise<string>>();

async function fetched(address: string): Promise<string> {
  const answer = await fetch(address);
  if (answer.status !== 200) throw new Error(String(answer.status));
  const picture = await answer.blob();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(picture);
  });
}

function face(address: string): Promise<string> {
  let found = kept.get(address);
  if (!found) {
    found = fetched(address);
    found.catch(() => kept.delete(address));
    kept.set(address, found);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value as string);
  }
  return found;
}

/** Without it the initials stay. */
export function forgetFaces(): void {
  kept.clear();
}

export function fillFaces(place: ParentNode): void {
  for (const image of place.querySelectorAll<HTMLImageElement>('img[data-face-src]:not([src])')) {
    const address = image.dataset.faceSrc ?? '';
    if (!address || image.dataset.asked === address) continue;
    image.dataset.asked = address;
    face(address).then(
      (data) => (image.src = data),
      () => delete image.dataset.asked,
    );
  }
}
