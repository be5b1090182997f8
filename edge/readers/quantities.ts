/** Quantities of Chinese headers. What is not here is mapped by hand: a guess would be signed. */
const CHINESE: Readonly<Record<string, string>> = {
  功率: 'power',
  有功功率: 'active-power',
  总有功功率: 'active-power',
  无功功率: 'reactive-power',
  总无功功率: 'reactive-power',
  视在功率: 'apparent-power',
  输入功率: 'input-power',
  输出功率: 'output-power',
  功率因数: 'power-factor',
  电压: 'voltage',
  电流: 'current',
  频率: 'frequency',
  电网频率: 'grid-frequency',
  温度: 'temperature',
  机内温度: 'internal-temperature',
  电量: 'energy',
  发电量: 'generated-energy',
  日发电量: 'generated-energy-of-day',
  当日发电量: 'generated-energy-of-day',
  总发电量: 'generated-energy-total',
  累计发电量: 'generated-energy-total',
  用电量: 'consumed-energy',
  上网电量: 'exported-energy',
  下网电量: 'imported-energy',
  充电量: 'charged-energy',
  放电量: 'discharged-energy',
  正向有功电能: 'active-energy-import',
  反向有功电能: 'active-energy-export',
  辐照度: 'irradiance',
  荷电状态: 'state-of-charge',
  电网A相电压: 'voltage-a',
  电网B相电压: 'voltage-b',
  电网C相电压: 'voltage-c',
  A相电压: 'voltage-a',
  B相电压: 'voltage-b',
  C相电压: 'voltage-c',
  A相电流: 'current-a',
  B相电流: 'current-b',
  C相电流: 'current-c',
  电网A相电流: 'current-a',
  电网B相电流: 'current-b',
  电网C相电流: 'current-c',
};

/**
 * The quantity that a header's words name: Latin letters in lower case without marks, words joined by hyphens; known Chinese terms in
 * English. `undefined` where there is none.
 *
 * @example quantityOf('Active Power') // 'active-power'
 */
export const quantityOf = (words: string): string | undefined => {
  const known = CHINESE[words.replace(/\s+/gu, '')];
  if (known !== undefined) return known;
  const latin = words.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss');
  if (/[^\p{Script=Latin}\P{L}]/u.test(latin)) return undefined;
  const slug = latin
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .replace(/^-+|-+$/gu, '');
  return slug === '' ? undefined : slug;
};
