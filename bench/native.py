"""The other side of the table "native": what a user of OpenCV and libvips would write.

Reads one job per line ("<what> <picture>"), does it once, and answers with the milliseconds that it
took. Reading the picture from disk is not counted where the job works on pixels.
"""

import subprocess
import sys
import time

import cv2
import numpy as np

CASCADES = "/usr/share/opencv4/haarcascades/"
PICTURES = {}


def picture(path):
    if path not in PICTURES:
        PICTURES[path] = cv2.imread(path)
    return PICTURES[path]


def faces(image, share=28 / 512):
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    least = int(min(gray.shape) * share)
    finder = cv2.CascadeClassifier(CASCADES + "haarcascade_frontalface_default.xml")
    return finder.detectMultiScale(gray, 1.1, 3, minSize=(least, least))


def faces_default(image):
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return cv2.CascadeClassifier(CASCADES + "haarcascade_frontalface_default.xml").detectMultiScale(gray)


def seamless(image):
    h, w = image.shape[:2]
    side = min(h, w) * 4 // 10
    source = np.ascontiguousarray(image[h // 4 : h // 4 + side, w // 4 : w // 4 + side][:, ::-1])
    mask = np.zeros((side, side), np.uint8)
    cv2.ellipse(mask, (side // 2, side // 2), (side * 2 // 5, side * 9 // 20), 0, 0, 360, 255, -1)
    return cv2.seamlessClone(source, image, mask, (w // 2, h // 2), cv2.NORMAL_CLONE)


def eyes(image, face):
    x, y, w, h = face
    gray = cv2.cvtColor(image[y : y + h, x : x + w], cv2.COLOR_BGR2GRAY)
    finder = cv2.CascadeClassifier(CASCADES + "haarcascade_eye.xml")
    found = finder.detectMultiScale(gray, 1.1, 3, minSize=(w // 8, w // 8))
    top = [(x + ex + ew / 2, y + ey + eh / 2) for ex, ey, ew, eh in found if ey + eh / 2 < 0.55 * h]
    if len(top) < 2:
        return (x + 0.31 * w, y + 0.39 * h), (x + 0.69 * w, y + 0.39 * h)
    top = sorted(top, key=lambda p: p[0])
    return top[0], top[-1]


def swap(image):
    """A face into a 900×1200 picture: find, align by the eyes, match the colours, blend."""
    face = max(faces(image), key=lambda f: f[2])
    left, right = eyes(image, face)
    template = cv2.resize(image, (900, 1200))
    goal = np.float32([[365, 520], [535, 520], [450, 700]])
    middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    span = right[0] - left[0]
    mouth = (middle[0], middle[1] + 1.06 * span)
    move = cv2.getAffineTransform(np.float32([left, right, mouth]), goal)
    warped = cv2.warpAffine(image, move, (900, 1200), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    mask = np.zeros((1200, 900), np.uint8)
    cv2.ellipse(mask, (450, 600), (165, 225), 0, 0, 360, 255, -1)
    a = cv2.cvtColor(warped, cv2.COLOR_BGR2LAB).astype(np.float32)
    b = cv2.cvtColor(template, cv2.COLOR_BGR2LAB).astype(np.float32)
    inside = mask > 0
    for c in range(3):
        s, t = a[..., c][inside], b[..., c][inside]
        a[..., c] = (a[..., c] - s.mean()) * (t.std() / (s.std() + 1e-6)) + t.mean()
    matched = cv2.cvtColor(np.clip(a, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)
    x, y, w, h = cv2.boundingRect(mask)
    return cv2.seamlessClone(matched, template, mask, (x + w // 2, y + h // 2), cv2.NORMAL_CLONE)


PIXELS = {
    "faces": faces,
    "faces-default": faces_default,
    "cartoon": cv2.stylization,
    "pencil": cv2.pencilSketch,
    "smooth": lambda image: cv2.edgePreservingFilter(image, flags=1),
    "seamless": seamless,
    "swap": swap,
}


def main():
    for line in sys.stdin:
        what, path = line.split()
        if what == "resize":
            begun = time.perf_counter()
            subprocess.run(["vipsthumbnail", path, "--size", "1600", "-o", path + ".vips.jpg[Q=90]"], check=True)
        else:
            image = picture(path).copy()
            begun = time.perf_counter()
            PIXELS[what](image)
        print(1000 * (time.perf_counter() - begun), flush=True)


main()
