/** Pictures of conversations, where an `img` could not say who asks: fetched, and shown as data addresses. */

const KEPT = 100;

const kept = new Map<string, Promise<string>>();
let going = new AbortController();

async function fetched(address: string): Promise<string> {
  const answer = await fetch(address, { signal: going.signal });
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
    const asked = fetched(address);
    asked.catch(() => kept.get(address) === asked && kept.delete(address));
    kept.set(address, asked);
    found = asked;
    if (kept.size > KEPT) kept.delete(kept.keys().next().value as string);
  }
  return found;
}

/** What is on its way is given up: it was asked for whoever has left. */
export function forgetFaces(): void {
  kept.clear();
  going.abort();
  going = new AbortController();
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
