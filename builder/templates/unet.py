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

    def pair(block: Sketch, x: str) -> str:
        for _ in range(2):
            x = block("ReLU", block("Conv2d", x, filters="width"))
        return x

    def down(block: Sketch) -> None:
        block.output(pair(block, block.input("x", 1, 572, 572)))

    def up(block: Sketch) -> None:
        x, skip = block.input("x", 1024, 28, 28), block.input("skip", 512, 64, 64)
        for dim in (2, 3):
            skip = block("Slice", skip, dim=dim, start="cut", stop="-cut")
        block.output(pair(block, block("Concatenate", skip, block("ConvTranspose2d", x, filters="width"))))

    net.define("down", down, width=64)
    net.define("up", up, width=512, cut=4)
    x, skips = net.input("image", 1, 572, 572), []
    for width in (64, 128, 256, 512):
        skips.append(net.block("down", x, width=width))
        x = net("MaxPool2d", skips[-1])
    x = net.block("down", x, width=1024)
    for width, cut in ((512, 4), (256, 16), (128, 40), (64, 88)):
        x = net.block("up", x, skips.pop(), width=width, cut=cut)
    net.output(net("Conv2d", x, filters=2, kernel=1))
