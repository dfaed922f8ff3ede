const zh = {};

const en: typeof zh = {};

export default { zh, en };
