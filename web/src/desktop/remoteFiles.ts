import { ApiProblem } from "../api/problem";

/** One of the machine's file systems. */
export interface FileSystem {
  readonly index: number;
  readonly name: string;
}

export interface FileEntry {
  readonly name: string;
  /** From the root of its file system. */
  readonly path: string;
  readonly is_folder: boolean;
}

/** Where something is, or will be. */
export interface FilePlace {
  readonly fileSystem: number;
  readonly path: string;
}

/** What is said while an upload runs: bytes that are on their way. */
export type UploadProgress = (sent: number) => void;

/**
 * The files of a machine that is shown by Guacamole. They go over HTTP beside the stream; *tunnel* names the
 * stream, and is good as long as that is open. All calls throw `ApiProblem`.
 */
export class RemoteFiles {
  readonly #authorization: string;

  constructor(tunnel: string) {
    this.#authorization = `Bearer ${tunnel}`;
  }

  async fileSystems(): Promise<readonly FileSystem[]> {
    const answer = await this.#call("GET", "/stream/guacamole/filesystems");
    return (answer as { items: readonly FileSystem[] }).items;
  }

  async folder(place: FilePlace): Promise<readonly FileEntry[]> {
    const answer = await this.#call("GET", `/stream/guacamole/files?${queryOf(place)}`);
    return (answer as { items: readonly FileEntry[] }).items;
  }

  /** An address that gives the file once, to whoever asks for it soon. */
  async link(place: FilePlace): Promise<string> {
    const answer = await this.#call("POST", `/stream/guacamole/downloads?${queryOf(place)}`);
    return (answer as { url: string }).url;
  }

  /** Writes *file*, in place of one that is there. Only XMLHttpRequest tells how far it is. */
  upload(place: FilePlace, file: Blob, onProgress: UploadProgress, signal: AbortSignal): Promise<void> {
    const request = new XMLHttpRequest();
    request.open("PUT", `/stream/guacamole/files?${queryOf(place)}`);
    request.setRequestHeader("Authorization", this.#authorization);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded }) => {
      onProgress(loaded);
    });
    signal.addEventListener("abort", () => {
      request.abort();
    });
    return new Promise((resolve, reject) => {
      request.addEventListener("load", () => {
        if (request.status === 201) resolve();
        else reject(ApiProblem.fromAnswer(request.status, parsed(request.responseText)));
      });
      request.addEventListener("error", () => {
        reject(ApiProblem.offline());
      });
      request.addEventListener("abort", () => {
        reject(new ApiProblem(0, "cancelled", "Cancelled.", null));
      });
      request.send(file);
    });
  }

  async #call(method: string, address: string): Promise<unknown> {
    let answer: Response;
    try {
      answer = await fetch(address, { method, headers: { Authorization: this.#authorization } });
    } catch {
      throw ApiProblem.offline();
    }
    const body = parsed(await answer.text());
    if (!answer.ok) throw ApiProblem.fromAnswer(answer.status, body);
    return body;
  }
}

function queryOf({ fileSystem, path }: FilePlace): string {
  return `filesystem=${fileSystem}&path=${encodeURIComponent(path)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The path of *name* within the folder *folder*. */
export function pathWithin(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}

/** *path* and the folders above it, the outermost first. */
export function foldersOf(path: string): { name: string; path: string }[] {
  const names = path.split("/").filter((name) => name !== "");
  return names.map((name, at) => ({ name, path: `/${names.slice(0, at + 1).join("/")}` }));
}
