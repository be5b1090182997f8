import { toHex, type ProfileChannel, type Statement } from '@gridseal/protocol';
import type { ShownStatement } from './overview.ts';

/** A moment as a person reads it, in UTC. */
export const momentText = (timeMs: bigint): string => {
  const date = new Date(Number(timeMs));
  if (Number.isNaN(date.getTime())) return `${timeMs} ms`;
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
};

/** A span of time; its day is named once where it begins and ends on one. */
const spanText = (fromMs: bigint, toMs: bigint, between: string): string => {
  const [from, to] = [momentText(fromMs), momentText(toMs)];
  const isOneDay = from.endsWith(' UTC') && to.endsWith(' UTC') && from.slice(0, 10) === to.slice(0, 10);
  return isOneDay ? `${from.replace(' UTC', '')}${between}${to.slice(11)}` : `${from}${between}${to}`;
};

/** An identity or digest, its middle left out. */
export const shortHex = (hex: string): string => `${hex.slice(0, 8)}…${hex.slice(-4)}`;

const SHOWN_CHANNELS = 3;
/** Longest unit that is shown: it is the author's own text. */
const MAX_UNIT = 16;

/** What channels measure: 'active power (kW), state of charge (%)'. */
export const channelsText = (channels: readonly ProfileChannel[]): string => {
  const named = channels
    .slice(0, SHOWN_CHANNELS)
    .map(({ quantity, unit }) => `${quantity.replaceAll('-', ' ')} (${unit.slice(0, MAX_UNIT)})`);
  const more = channels.length - named.length;
  return [...named, ...(more > 0 ? [`+${more}`] : [])].join(', ');
};

/** What the page says, in one language. */
export type Words = {
  readonly language: 'en' | 'zh';
  readonly what: string;
  readonly newest: string;
  readonly newestNote: (logSize: bigint, provable: bigint) => string;
  readonly columns: readonly [signed: string, by: string, says: string, proof: string];
  readonly bundle: string;
  readonly nothing: (logSize: bigint) => string;
  readonly devices: string;
  readonly deviceColumns: readonly [device: string, measures: string, key: string];
  readonly moreDevices: string;
  readonly noDevices: string;
  readonly noProfile: string;
  readonly check: string;
  readonly checkProgram: string;
  readonly checkBundle: string;
  readonly checkVerify: string;
  readonly checkTrust: string;
  readonly places: string;
  readonly installation: string;
  readonly says: (shown: ShownStatement) => string;
};

const CHANGES: Readonly<Record<number, readonly [string, string]>> = {
  1: ['was enrolled', '已登记'],
  2: ['lost a key: it was revoked', '的密钥已撤销'],
  3: ['has another owner', '已更换所有者'],
};

const nameOf = (declaration: string): string => declaration.slice(0, Math.max(0, declaration.indexOf('(')));
const withOf = (channels: readonly ProfileChannel[], join: string): string =>
  channels.length === 0 ? '' : `${join}${channelsText(channels)}`;

const inEnglish = (statement: Statement, channels: readonly ProfileChannel[]): string => {
  switch (statement.kind) {
    case 'TelemetryBatch': {
      const { count, startMs, endMs } = statement.body;
      return `${count} readings${withOf(channels, ' of ')}, measured ${spanText(startMs, endMs, ' to ')}`;
    }
    case 'Gap':
      return `Numbers ${statement.body.firstSequence} to ${statement.body.lastSequence} of ${shortHex(toHex(statement.body.subject))} never came`;
    case 'Equivocation':
      return `${shortHex(toHex(statement.body.subject))} signed two statements for one place, number ${statement.body.sequence}`;
    case 'Reset':
      return `The owner of ${shortHex(toHex(statement.body.subject))} lets it begin anew (boot ${statement.body.boot})`;
    case 'RegistryEvent':
      return `Device ${shortHex(toHex(statement.body.identity))} ${CHANGES[statement.body.change]?.[0] ?? 'changed'} on the chain`;
    case 'Erasure':
      return `The key of batch ${shortHex(toHex(statement.body.erased))} was destroyed`;
    case 'TypeDeclaration':
      return `Declares the kind ${nameOf(statement.body.declaration)}`;
  }
};

const inChinese = (statement: Statement, channels: readonly ProfileChannel[]): string => {
  switch (statement.kind) {
    case 'TelemetryBatch': {
      const { count, startMs, endMs } = statement.body;
      return `${count} 个读数${withOf(channels, ':')},测量时间 ${spanText(startMs, endMs, ' 至 ')}`;
    }
    case 'Gap':
      return `${shortHex(toHex(statement.body.subject))} 的第 ${statement.body.firstSequence} 至 ${statement.body.lastSequence} 号始终未到`;
    case 'Equivocation':
      return `${shortHex(toHex(statement.body.subject))} 在同一位置(第 ${statement.body.sequence} 号)签署了两份声明`;
    case 'Reset':
      return `${shortHex(toHex(statement.body.subject))} 的所有者让其重新开始(第 ${statement.body.boot} 次启动)`;
    case 'RegistryEvent':
      return `设备 ${shortHex(toHex(statement.body.identity))} ${CHANGES[statement.body.change]?.[1] ?? '有变更'}(链上)`;
    case 'Erasure':
      return `批次 ${shortHex(toHex(statement.body.erased))} 的密钥已销毁`;
    case 'TypeDeclaration':
      return `声明类型 ${nameOf(statement.body.declaration)}`;
  }
};

const ENGLISH: Words = {
  language: 'en',
  what:
    'Notary and settlement ledger for virtual power plants. Meters sign what they measured; everything becomes a signed statement in one ' +
    'append-only log whose state an EVM chain guards. Anyone can check that a fact existed at a time, without trusting this server.',
  newest: 'Newest statements that are proven',
  newestNote: (logSize, provable) =>
    `The log holds ${logSize} statements; a bundle proves each of the first ${provable}, the others follow with the next anchor. ` +
    'A bundle is one file: whoever has it can check it without this server.',
  columns: ['Signed', 'By', 'What it says', 'Proof'],
  bundle: 'bundle',
  nothing: (logSize) =>
    logSize === 0n
      ? 'Nothing is in the log yet. A meter begins like this:'
      : `The log holds ${logSize} statements, and no anchor covers them yet. Look again in a moment.`,
  devices: 'Devices',
  deviceColumns: ['Device', 'Measures', 'Key'],
  moreDevices: 'all devices',
  noDevices: 'No device is enrolled yet.',
  noProfile: 'not known to this service',
  check: 'Check one yourself',
  checkProgram:
    'The commands run in a folder with the sources of Gridseal (Node 20 or newer; nothing to install beforehand). Have them from your ' +
    'alliance. They are in no package registry: a package of this name there is not ours.',
  checkBundle: 'Get the file and what it is judged by:',
  checkVerify:
    'Check it, without any network; it says who, what and when, and first of all what it could not check:',
  checkTrust:
    'Trust that this server hands out says nothing about this server: compare trust.json with a copy from someone else, ' +
    'and ask a node of your own for the block of the anchor (--rpc URL instead of --offline).',
  places: 'Where to look',
  installation: 'This installation',
  says: ({ statement, channels }) =>
    statement === undefined ? 'A kind that this version does not know' : inEnglish(statement, channels),
};

const CHINESE: Words = {
  language: 'zh',
  what:
    '虚拟电厂的公证与结算账本。电表为其测量值签名;每一项都成为同一份只增日志中的签名声明,日志的状态由 EVM 链守护。' +
    '任何人都可以核实某一事实在某时已存在,而无需信任本服务器。',
  newest: '最新的已证明声明',
  newestNote: (logSize, provable) =>
    `日志共有 ${logSize} 份声明;前 ${provable} 份均有证据文件,其余随下一次锚定而来。证据文件是单个文件:持有者无需本服务器即可核实。`,
  columns: ['签署时间', '签署者', '内容', '证据'],
  bundle: '证据文件',
  nothing: (logSize) =>
    logSize === 0n
      ? '日志中还没有内容。电表这样开始:'
      : `日志共有 ${logSize} 份声明,尚未被锚定。请稍后再看。`,
  devices: '设备',
  deviceColumns: ['设备', '测量', '密钥'],
  moreDevices: '全部设备',
  noDevices: '尚未登记任何设备。',
  noProfile: '本服务未知',
  check: '自行核实',
  checkProgram:
    '以下命令在 Gridseal 源代码的文件夹中运行(Node 20 或更新版本,无需事先安装)。请向您的联盟索取源代码。它不在任何软件包仓库中:那里的同名软件包与我们无关。',
  checkBundle: '获取证据文件及其信任依据:',
  checkVerify: '离线核实;结果会说明何人、何事、何时,并首先说明哪些未能核实:',
  checkTrust:
    '本服务器给出的信任文件不能证明本服务器:请将 trust.json 与他处得到的副本比对,并用您自己的节点查询锚定区块(用 --rpc URL 代替 --offline)。',
  places: '入口',
  installation: '本安装',
  says: ({ statement, channels }) =>
    statement === undefined ? '本版本不认识的类型' : inChinese(statement, channels),
};

/** The language that a browser prefers of those we have; English when it says nothing. */
export const wordsFor = (acceptLanguage: string | undefined): Words => {
  const ranked = (acceptLanguage ?? '')
    .split(',')
    .map((item) => {
      const [tag = '', ...parameters] = item.trim().toLowerCase().split(';');
      const quality = parameters.map((each) => /^\s*q=([\d.]+)$/u.exec(each)?.[1]).find(Boolean);
      return { tag, quality: Number(quality ?? 1) };
    })
    .toSorted((a, b) => b.quality - a.quality);
  const known = ranked.find(({ tag, quality }) => quality > 0 && /^(?:zh|en)(?:-|$)/u.test(tag));
  return known?.tag.startsWith('zh') === true ? CHINESE : ENGLISH;
};
