"""Networks that answer for every pixel."""

from builder.templates.sketch import Sketch, ready

GROUP = "Convolutional networks"


@ready(
    "U-Net",
    GROUP,
    "Ronneberger et al. (2015), U-Net: convolutional networks for biomedical image segmentation",
)
def u_net(net: Sketch) -> None:
    """Down to see what there is, up to say where. The skips carry sharp edges across; their borders are cut to fit."""

    def pair(block: Sketch, x: str) -> None:
        for _ in range(2):
            x = block("ReLU", block("Conv2d", x, filters="width"))
        block.output(x)

    def top(block: Sketch) -> None:
        pair(block, block.input("x", 1, 572, 572))

    def down(block: Sketch) -> None:
        pair(block, block("MaxPool2d", block.input("x", 64, 568, 568)))

    def up(block: Sketch) -> None:
        x, skip = block.input("x", 1024, 28, 28), block.input("skip", 512, 64, 64)
        for dim in (2, 3):
            skip = block("Slice", skip, dim=dim, start="cut", stop="-cut")
        pair(block, block("Concatenate", skip, block("ConvTranspose2d", x, filters="width")))

    net.define("top", top, width=64)
    net.define("down", down, width=128)
    net.define("up", up, width=512, cut=4)
    skips = [net.block("top", net.input("image", 1, 572, 572))]
    for width in (128, 256, 512, 1024):
        skips.append(net.block("down", skips[-1], width=width))
    x = skips.pop()
    for width, cut in ((512, 4), (256, 16), (128, 40), (64, 88)):
        x = net.block("up", x, skips.pop(), width=width, cut=cut)
    net.output(net("Conv2d", x, id="classes", filters=2, kernel=1))
    left = {"image": (0.0, 0.0), "top1": (1.0, 0.0)} | {
        f"down{n}": (1.0 + n / 5, float(n)) for n in (1, 2, 3)
    }
    right = {f"up{5 - n}": (3.6 - n / 5, n - 1.0) for n in (1, 2, 3, 4)}
    net.places({**left, "down4": (1.8, 4.0), **right, "classes": (4.4, 0.0), "output1": (4.4, 1.0)})
