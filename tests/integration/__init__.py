"""The whole server as a process: real HTTP, WebSocket, media, database and files."""
