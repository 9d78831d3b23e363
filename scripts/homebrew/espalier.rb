# Builds this checkout: `brew install --HEAD scripts/homebrew/espalier.rb`. Not tried: there was no
# Mac. A release needs `url` and `sha256` of its tarball here.
class Espalier < Formula
  desc "Experiments on convolutional networks that are pruned while they train"
  homepage "https://arxiv.org/abs/2002.09958"
  license "Apache-2.0"
  head "file://#{File.expand_path("../..", __dir__)}", using: :git, branch: "main"

  depends_on "pkgconf" => :build
  depends_on xcode: ["16.3", :build]
  depends_on "jpeg-turbo"
  depends_on "libpng"
  depends_on "libyaml"
  depends_on macos: :sequoia
  depends_on "openblas"
  depends_on "openssl@3"

  def install
    system "swift", "build", "--disable-sandbox", "-c", "release", "--product", "espalier"
    system "scripts/install.sh", ".build/release/espalier", prefix
  end

  test do
    (testpath/"digits.yaml").write <<~YAML
      format: 1
      name: digits
      dataset: {name: digits, train_limit: 200}
      architecture: {name: resnet, depth: 8, width: 0.5}
      train: {epochs: 1}
    YAML
    system bin/"espalier", "run", "digits.yaml", "--progress", "none"
  end
end
