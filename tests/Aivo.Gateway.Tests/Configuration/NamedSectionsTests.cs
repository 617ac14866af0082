using System.Text;
using Aivo.Gateway.Configuration;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Configuration;

/// <summary>Sections whose names the operator chooses.</summary>
public sealed class NamedSectionsTests
{
    private readonly SettingReport _report = new();

    [Fact]
    public void EverySection_IsReadUnderItsName_InAnyCase()
    {
        IReadOnlyDictionary<string, (int Size, IReadOnlyList<string> Colours)> boxes =
            Read("""{ "Boxes": { "small": { "Size": 1, "Colours": ["red"] }, "Large-2.b": { "Size": "9" } } }""");

        Assert.Empty(_report.Errors);
        Assert.Equal(["Large-2.b", "small"], boxes.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(1, boxes["SMALL"].Size);
        Assert.Equal(["red"], boxes["small"].Colours);
        Assert.Equal(9, boxes["large-2.B"].Size);
    }

    [Theory]
    [InlineData("""{ "Boxes": {} }""")]
    [InlineData("""{ "Boxes": { "a": {} } }""")]
    [InlineData("""{ "Boxes": { "a": { "Size": 2 }, "b": { "Size": 3 } } }""")]
    public void WhatSectionsMayHold_IsDeclaredOnce(string json)
    {
        Read(json);

        Assert.Empty(_report.Errors);
        Assert.Equal(["Boxes:<box>:Size", "Boxes:<box>:Colours", "Boxes:<box>:Lids:<lid>:Size"], _report.Descriptions.Select(setting => setting.Key));
    }

    [Theory]
    [InlineData("""{ "Boxes": { "a": { "Sise": 2 } } }""", "Boxes:a:Sise", "Boxes:a has: Colours, Lids, Size")]
    [InlineData("""{ "Boxes": { "a": { "Size": 10 } } }""", "Boxes:a:Size", "from 1 to 9")]
    [InlineData("""{ "Boxes": { "a": { "Lids": { "top": { "Size": 0 } } } } }""", "Boxes:a:Lids:top:Size", "from 1 to 9")]
    [InlineData("""{ "Boxes": { "a": { "Lids": { "top": { "Colour": 0 } } } } }""", "Boxes:a:Lids:top:Colour", "is not a setting")]
    [InlineData("""{ "Boxes": { "a": "big" } }""", "Boxes:a", "single value where a section belongs")]
    [InlineData("""{ "Boxes": "big" }""", "Boxes", "single value where a section belongs")]
    [InlineData("""{ "Boxes": [ { "Size": 2 } ] }""", "Boxes:0", "is not a box that can be referred to")]
    [InlineData("""{ "Boxes": { "a b": { "Size": 2 } } }""", "Boxes:a b", "Begin with a letter")]
    public void WhatIsWrong_IsReportedWithItsPath(string json, string key, string part)
    {
        Read(json);

        SettingError error = Assert.Single(_report.Errors);
        Assert.Equal(key, error.Key);
        Assert.Contains(part, error.ToString(), StringComparison.Ordinal);
    }

    private IReadOnlyDictionary<string, (int Size, IReadOnlyList<string> Colours)> Read(string json)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();
        var root = new SettingReader(configuration, "", _report);
        IReadOnlyDictionary<string, (int, IReadOnlyList<string>)> boxes = root.Sections("Boxes", box =>
        {
            (int, IReadOnlyList<string>) read = (box.Integer("Size", 5, 1, 9, "Its size."), box.List("Colours", [], "Its colours."));
            box.Sections("Lids", lid => lid.Integer("Size", 5, 1, 9, "Its size."), "lid");
            return read;
        }, "box");
        root.RefuseUnknown();
        return boxes;
    }
}
