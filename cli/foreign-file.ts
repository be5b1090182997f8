import { foreignFormat, type ForeignFormat } from '@gridseal/protocol';

/** What such a file is, and what to do with it. */
const SENTENCES: Readonly<Record<ForeignFormat, string>> = {
  empty: 'is empty: get it again from whoever sent it',
  gzip: 'is compressed (gzip): unpack it, for instance with gunzip, and name the file that comes out',
  zip: 'is a ZIP archive: unpack it and name the JSON file in it',
  archive: 'is a compressed archive: unpack it and name the JSON file in it',
  pdf: 'is a PDF: ask for the JSON file that it was made from, or that is attached to it',
  image: 'is a picture: ask for the JSON file',
  office: 'is an office document: ask for the JSON file that is in it or attached to it',
  html: 'is a web page, as a download that needs a login or met an error leaves it: download the file again',
  xml: 'is XML: ask for the JSON file',
  mail: 'is an e-mail: save the attachment, and name that file',
  rtf: 'is a text document (RTF): ask for the JSON file, or save it as plain text in UTF-8',
  'utf-16': 'is UTF-16 text: save it as UTF-8',
  binary: 'is no text: it holds bytes that no JSON file has',
};

/** What a file is and what to do with it, where it cannot be a JSON document at all. */
export const foreignSentence = (bytes: Uint8Array): string | undefined => {
  const format = foreignFormat(bytes);
  return format === undefined ? undefined : SENTENCES[format];
};

const FORMAT = /"format"\s*:\s*"(?<format>gridseal-[a-z-]+\/\d+)"/u;
const NAMES: Readonly<Record<string, string>> = {
  'gridseal-bundle/1': 'a bundle',
  'gridseal-trust/1': 'a trust file (name it with --trust)',
  'gridseal-raw-series/1': 'a raw series (name it with --raw)',
  'gridseal-profile/1': 'a profile',
  'gridseal-key/1': 'a key file',
};

/** Which of our documents a text says that it is, in words; undefined where it names none. */
export const ownFormat = (text: string): string | undefined => {
  const found = FORMAT.exec(text)?.groups?.format;
  return found === undefined ? undefined : (NAMES[found] ?? `a document of the format ${found}`);
};
