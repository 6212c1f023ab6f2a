"""Small pictures of desktops, made by a connection of the gateway's own that only looks.

- `Thumbnailer` (thumbnailer.py): when a picture is made, where it is kept, who is told.
- `take_picture` (taking.py): one look at a desktop; `shrink` (shrinking.py): pixels to WebP.
- `PictureFolder` (folder.py): the files, so that pictures outlive a restart.
"""
