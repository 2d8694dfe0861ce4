"""The Slack app: answers in channels, threads, direct messages and App Home, by Socket Mode or HTTP.

From outside in: `serving` starts it and stops it, `socket_mode` and `http` bring requests, `app` wires them to the
`listeners`, which parse and put a job down in `jobs`; `questions` answers, `blocks` and `texts` say how it looks,
`posting` brings it to Slack, `state` remembers.
"""
