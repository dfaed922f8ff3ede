/** Words every area uses: the product, actions, kinds of lesson, failures. */
const zh = {
  product: "三个课堂",
  language: "English",
  sign_out: "退出",
  retry: "再试一次",
  cancel: "取消",
  confirm: "确定",
  close: "关闭",
  loading: "正在读取…",
  loading_long: "正在等待服务器的回答…",
  not_found: "没有这个页面",
  not_found_hint: "地址可能写错了, 或者这个页面已经移走。",
  back_home: "回到首页",
  kind: { DELIVERY: "专递课堂", MASTER: "名师课堂", ELITE: "名校网络课堂" },
  problem: {
    offline: "连不上服务器",
    offline_hint: "请检查这台电脑的网线或无线网络, 然后再试一次。",
    unexpected: "没有成功",
    unexpected_hint: "服务器没有给出原因。请再试一次; 仍然不行, 请联系学校管理员。",
    session_expired: "登录已过期, 请重新登录",
  },
};

const en: typeof zh = {
  product: "Three Classrooms",
  language: "中文",
  sign_out: "Sign out",
  retry: "Try again",
  cancel: "Cancel",
  confirm: "OK",
  close: "Close",
  loading: "Loading…",
  loading_long: "Waiting for the server to answer…",
  not_found: "No such page",
  not_found_hint: "The address may be mistyped, or the page has moved.",
  back_home: "Back to the start",
  kind: { DELIVERY: "Delivery class", MASTER: "Master teacher class", ELITE: "Elite school class" },
  problem: {
    offline: "The server cannot be reached",
    offline_hint: "Check this computer's cable or Wi-Fi, then try again.",
    unexpected: "That did not work",
    unexpected_hint: "The server gave no reason. Try again; if it still fails, ask your school's administrator.",
    session_expired: "You have been signed out. Please sign in again.",
  },
};

export default { zh, en };
