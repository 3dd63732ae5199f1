Feature: The page
  One page says whether the API is up. It asks when it opens, and again when its button is pressed.

  @S5-success @browser @node
  Rule: When the API is up, the page says "status: ok"

    Scenario Outline: <command>, opened at <address>
      Given the stack is running
      When the page of <command> is opened at <address>
      Then it shows "status: ok"
      And it has read one answer, however often it began to ask
      And no error was ever shown, and the browser's console is empty

      Examples:
        | command         | address               |
        | npm run dev     | http://localhost:5173 |
        | npm run preview | http://127.0.0.1:5173 |

    Scenario: The API is stopped and started again
      Given a stack of its own with only api
      When the page is opened
      Then it shows "status: ok"
      When api is stopped
      And "Check again" is pressed
      Then it shows "Error: cannot reach the API" and the hint "Is it running at http://localhost:8000 (VITE_API_BASE_URL), and does it allow http://localhost:5173 (CORS_ORIGINS)?"
      When api is started
      Then api is healthy again within 60 seconds
      When "Check again" is pressed
      Then it shows "status: ok"

  @S5-loading @browser @node @anywhere
  Rule: While it waits for the answer, the page says "Loading…"

    Scenario: When it opens, and when it asks again
      Given an API that does not answer
      When the page is opened
      Then it shows "Loading…"
      When the API now answers status: ok
      Then it shows "status: ok"
      When the API now does not answer
      And "Check again" is pressed
      Then it shows "Loading…"
      When the API now answers HTTP 500
      Then it shows "Error: the API answered with HTTP 500"
      And a screen reader is told of each change

  @S5-errors @browser @node @anywhere
  Rule: An answer other than "ok" is an error, and the page says which

    Scenario: One answer after the other
      Given an API that answers status: ok
      When the page is opened
      Then it shows "status: ok"
      And as the API now does this, and "Check again" is pressed, it shows
        | answers HTTP 500         | Error: the API answered with HTTP 500                   |
        | answers HTTP 404         | Error: the API answered with HTTP 404                   |
        | answers with a web page  | Error: the API answered with something that is not JSON |
        | answers without a status | Error: the API answered without a status                |
        | answers with nothing     | Error: the API answered with something that is not JSON |
        | answers null             | Error: the API answered without a status                |
        | answers status: degraded | Error: the API reports status: degraded                 |

  @S5-timeout @browser @node @anywhere
  Rule: The page waits 5 seconds for the whole answer, and no longer

    Scenario Outline: It <does>
      Given an API that <does>
      When the page is opened
      Then after 5 seconds it shows "Error: no answer from the API within 5 seconds"

      Examples:
        | does                              |
        | does not answer                   |
        | stops in the middle of its answer |

  @S5-unreachable @browser @node @anywhere
  Rule: When the API cannot be reached or read, the page says so and what to look at

    Scenario Outline: The API keeps its answer from <address>
      Given an API that lets no page read its answer
      When the page is opened at <address>
      Then it shows "Error: cannot reach the API" and the hint "Is it running at http://localhost:8000 (VITE_API_BASE_URL), and does it allow <address> (CORS_ORIGINS)?"

      Examples:
        | address               |
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |

  @S5-base-url @browser @node @anywhere
  Rule: VITE_API_BASE_URL says where the API is; without it, that is http://localhost:8000

    Scenario: It is not set
      Given an API that answers status: ok
      When the page is opened
      Then it shows "status: ok"
      And the API was asked once, at http://localhost:8000/health

    Scenario Outline: VITE_API_BASE_URL=<value>
      Given an API that answers status: ok
      When the page built with VITE_API_BASE_URL=<value> is opened
      Then it shows "status: ok"
      And the API was asked once, at <address>

      Examples:
        | value                         | address                            |
        | "  "                          | http://localhost:8000/health       |
        | http://api.example:9000/sub// | http://api.example:9000/sub/health |

    Scenario: It is set in frontend/.env.local, and begins with https, and is long
      Given a copy of the project with the frontend installed
      And its frontend/.env.local has "VITE_API_BASE_URL=https://api.example:9000/no_place_to_break_this_on_a_phone_is_there"
      And an API that answers status: ok
      When the page built from that copy is opened
      Then it shows "Error: cannot reach the API" and the hint "Is it running at https://api.example:9000/no_place_to_break_this_on_a_phone_is_there (VITE_API_BASE_URL), and does it allow http://localhost:5173 (CORS_ORIGINS)?"
      And the page has asked https://api.example:9000/no_place_to_break_this_on_a_phone_is_there/health
      And it fits the width of a phone

    Scenario Outline: VITE_API_BASE_URL=<value> is no web address
      Given an API that answers status: ok
      When the page built with VITE_API_BASE_URL=<value> is opened
      Then it shows "Error: VITE_API_BASE_URL is not a web address" and the hint "It must start with http:// or https://."
      And the page has asked nobody

      Examples:
        | value          |
        | localhost:8000 |
        | http://        |

  @S5-button @browser @node @anywhere
  Rule: The page asks when its button is pressed, once at a time, and never on its own

    Scenario: The button is pressed twice in a row
      Given an API that answers status: ok
      When the page is opened
      Then it shows "status: ok"
      When the API now does not answer
      And "Check again" is pressed twice in a row
      Then it shows "Loading…"
      And the button says that it is not available
      When the API now answers status: ok
      Then it shows "status: ok"
      And the button says that it is available
      And the API was asked 2 times

    Scenario: Nobody presses it
      Given an API that answers status: ok
      When the page is opened
      Then it shows "status: ok"
      And in the next ten minutes it asks nobody
      When the API now answers HTTP 500
      And "Check again" is pressed
      Then it shows "Error: the API answered with HTTP 500"
      And in the next ten minutes it asks nobody

  @S5-keyboard @browser @node @anywhere
  Rule: The keyboard is enough, and the focus stays on the button

    Scenario: Tab, Enter and Space
      Given an API that answers HTTP 500
      When the page is opened
      Then it shows "Error: the API answered with HTTP 500"
      When the Tab key is pressed
      Then the focus is on "Check again"
      And it can be seen where the focus is
      When the API now does not answer
      And the Enter key is pressed
      Then it shows "Loading…"
      And the focus is on "Check again"
      When the API now answers status: ok
      Then it shows "status: ok"
      When the API now answers HTTP 500
      And the Space key is pressed
      Then it shows "Error: the API answered with HTTP 500"
      And the focus is on "Check again"

  @S5-looks @browser @node @anywhere
  Rule: Everybody can read the page: on a phone, in the dark, without colours, with a screen reader

    Scenario: In each state, at 320 and 1280 pixels, light and dark
      Given an API that does not answer
      When the page is opened
      Then its language is en, its title is IA-CRM, it has a description, and fits the width of a phone
      And "Loading…" looks right everywhere, and has a sign of its own
      When the API now answers status: ok
      Then "status: ok" looks right everywhere, and has a sign of its own
      When the API now lets no page read its answer
      Then "Error: cannot reach the API" looks right everywhere, and has a sign of its own
