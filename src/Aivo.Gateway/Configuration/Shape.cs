using System.Collections.Frozen;

namespace Aivo.Gateway.Configuration;

internal enum ShapeKind
{
    /// <summary>Whatever it is, it is not looked into.</summary>
    Any,
    Text,
    Integer,
    Flag,
    Duration,
    Choice,

    /// <summary>An absolute http or https URL without user, query and fragment.</summary>
    Url,
    List,

    /// <summary>Names that the operator chooses, each with an item.</summary>
    Table,

    /// <summary>Fixed names: anything else in it is refused.</summary>
    Section,
}

/// <summary>
/// What a section that a library reads may look like. The library's own reader ignores what it does not know, so a misspelt key
/// would silently mean its default; <see cref="ShapeCheck"/> compares the raw configuration with this instead.
/// </summary>
internal sealed record Shape(ShapeKind Kind)
{
    public static readonly Shape Any = new(ShapeKind.Any);
    public static readonly Shape Text = new(ShapeKind.Text);
    public static readonly Shape Flag = new(ShapeKind.Flag);
    public static readonly Shape Duration = new(ShapeKind.Duration);
    public static readonly Shape Url = new(ShapeKind.Url);
    public static readonly Shape Texts = ListOf(Text);
    public static readonly Shape TextTable = TableOf(Text);

    public FrozenDictionary<string, Shape> Members { get; private init; } = FrozenDictionary<string, Shape>.Empty;

    public IReadOnlyList<string> Required { get; private init; } = [];

    public IReadOnlyList<string> Choices { get; private init; } = [];

    public Shape? Item { get; private init; }

    public long Minimum { get; private init; }

    public long Maximum { get; private init; }

    public static Shape Integer(long minimum, long maximum) => new(ShapeKind.Integer) { Minimum = minimum, Maximum = maximum };

    public static Shape Choice(params string[] choices) => new(ShapeKind.Choice) { Choices = choices };

    public static Shape ListOf(Shape item) => new(ShapeKind.List) { Item = item };

    public static Shape TableOf(Shape item) => new(ShapeKind.Table) { Item = item };

    public static Shape Section(params (string Name, Shape Shape)[] members) => new(ShapeKind.Section)
    {
        Members = members.ToFrozenDictionary(member => member.Name, member => member.Shape, StringComparer.OrdinalIgnoreCase),
    };

    public Shape Needs(params string[] names) => this with { Required = names };
}
