import type { Recognised } from './preset.ts';

const TIMES = ['采集时间', '统计时间', '开始时间'];
const PLACES = ['电站名称', '设备名称', '管理域', '管理对象'];

/** A report of FusionSolar with Chinese headers: a time, names of station and device, values with units in brackets. */
export const fusionSolar = (header: readonly string[]): Recognised | undefined => {
  const time = TIMES.find((name) => header.includes(name));
  if (time === undefined || !PLACES.some((name) => header.includes(name))) return undefined;
  return { preset: 'fusionsolar', time, units: { 功率因数: '1' } };
};
