// The methods of a storage that give promises; the others answer at once.

export const PROMISING = [
  ...["get", "put", "delete", "deleteAll", "list", "transaction", "sync"],
  ...["getAlarm", "setAlarm", "deleteAlarm"],
  ...["getCurrentBookmark", "getBookmarkForTime", "onNextSessionRestoreBookmark"],
];
