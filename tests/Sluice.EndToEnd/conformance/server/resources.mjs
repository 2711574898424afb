import { pixel } from "./content.mjs";

const template = /^test:\/\/template\/([^/]+)\/data$/;

export const resources = [
  { uri: "test://static-text", name: "Static text", description: "Text that never changes", mimeType: "text/plain" },
  { uri: "test://static-binary", name: "Static binary", description: "An image that never changes", mimeType: "image/png" },
  { uri: "test://watched-resource", name: "Watched", description: "Text to subscribe to", mimeType: "text/plain" },
];

export const resourceTemplates = [
  {
    uriTemplate: "test://template/{id}/data",
    name: "Data by id",
    description: "Data made from the id in its address",
    mimeType: "application/json",
  },
];

/** The contents at an address; undefined where there is nothing. */
export function read(uri) {
  const id = template.exec(uri)?.[1];
  if (id !== undefined) {
    const data = { id, templateTest: true, data: `Data for ID: ${id}` };
    return [{ uri, mimeType: "application/json", text: JSON.stringify(data) }];
  }

  switch (uri) {
    case "test://static-text":
      return [{ uri, mimeType: "text/plain", text: "This is the content of the static text resource." }];
    case "test://static-binary":
      return [{ uri, mimeType: "image/png", blob: pixel }];
    case "test://watched-resource":
      return [{ uri, mimeType: "text/plain", text: "Watched resource content" }];
    default:
      return undefined;
  }
}
