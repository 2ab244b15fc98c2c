"use strict";
// The option of mocks.

const { check } = require("../../node/options/check.js");
const { isMock, mockNumber, openMock } = require("./fetch-mock.js");

const options = {
  fetchMock: { check: check("a mock, as createFetchMock() returns, or a dispatcher of undici", isMock) },
};

/** The options that a worker is given a mock with. */
const mockedBy = (mock) => ({ fetchMock: mock });

module.exports = {
  plugin: "CorePlugin",
  options,
  settings: ({ fetchMock }) => ({ mock: mockNumber(fetchMock) }),
  hooks: ({ fetchMock }) => ({ mock: openMock(fetchMock) }),
  // None is taken over as well: the mock of before would stay.
  inherit: ({ fetchMock }) => ({ fetchMock }),
  mockedBy,
};
