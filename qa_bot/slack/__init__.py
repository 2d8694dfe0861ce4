"""The Slack app: answers in channels, threads, direct messages and App Home, by Socket Mode or HTTP.

A question's way: `server.socket_mode` or `server.http` brings the event, `listeners.events` records a job, `jobs.queue` does it,
`workers.questions` answers, `web_api.posting` posts.
"""
