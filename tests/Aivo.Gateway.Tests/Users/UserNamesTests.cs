using System.Text.Json;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Tests.Users;

public sealed class UserNamesTests
{
    [Fact]
    public void RolesAndStatuses_HaveTheContractsNames()
    {
        Assert.Equal(["instructor", "learner", "super_admin", "tenant_admin"], UserRoles.Names.Order(StringComparer.Ordinal));
        Assert.Equal(["active", "inactive", "pending", "suspended"], UserStatuses.Names.Order(StringComparer.Ordinal));
        Assert.Equal("super_admin", UserRole.SuperAdmin.ToWire());
        Assert.Equal("tenant_admin", UserRole.TenantAdmin.ToWire());
        Assert.All(Enum.GetValues<UserRole>(), role => Assert.True(UserRoles.TryParse(role.ToWire(), out UserRole same) && same == role));
        Assert.All(Enum.GetValues<UserStatus>(), status => Assert.True(UserStatuses.TryParse(status.ToWire(), out UserStatus same) && same == status));
    }

    [Fact]
    public void UnsetRoleAndStatus_AreTheWeakest()
    {
        Assert.Equal(UserRole.Learner, default);
        Assert.Equal(UserStatus.Inactive, default);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Learner")]
    [InlineData("SUPER_ADMIN")]
    [InlineData("SuperAdmin")]
    [InlineData("superadmin")]
    [InlineData("0")]
    [InlineData("learner ")]
    [InlineData("Active")]
    [InlineData("active,inactive")]
    public void OtherNames_AreNeitherRolesNorStatuses(string? text)
    {
        Assert.False(UserRoles.TryParse(text, out _));
        Assert.False(UserStatuses.TryParse(text, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":1,\"\\u0061\":2}")]
    [InlineData("{\"a\":{\"b\":1,\"b\":2}}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":[[[[[[[[[1]]]]]]]]]}")]
    [InlineData("{\"\\uD800\":1}")]
    [InlineData("{'a':1}")]
    public void TextThatIsNotOneStrictObject_IsNotAttributes(string text) => Assert.False(UserAttributes.TryParse(text, out _));

    [Fact]
    public void Attributes_KeepTypesAndCase()
    {
        Assert.True(UserAttributes.TryParse("""{"a":1,"A":[true,null],"b":{"c":"d"}}""", out IReadOnlyDictionary<string, JsonElement>? attributes));
        Assert.Equal(["a", "A", "b"], attributes.Keys);
        Assert.Equal("""{"a":1,"A":[true,null],"b":{"c":"d"}}""", UserAttributes.ToText(attributes));
        Assert.True(UserAttributes.TryAdd(attributes, [("a", "\"<quoted>\""), ("z", "")], out IReadOnlyDictionary<string, JsonElement>? merged));
        Assert.Equal("\"<quoted>\"", merged["a"].GetString());
        Assert.Equal("", merged["z"].GetString());
        Assert.Equal(1, attributes["a"].GetInt32());
    }

    [Fact]
    public void Attributes_AreBoundedInSize()
    {
        Assert.False(UserAttributes.TryParse($$"""{"a":"{{new string('x', UserAttributes.MaximumBytes)}}"}""", out _));
        Assert.False(UserAttributes.TryAdd(UserAttributes.Empty, [("a", new string('x', UserAttributes.MaximumBytes))], out _));
        Assert.False(UserAttributes.TryAdd(UserAttributes.Empty, [("a", "\uD800")], out _));
        Assert.True(UserAttributes.TryAdd(UserAttributes.Empty, [("a", new string('x', UserAttributes.MaximumBytes - 8))], out _));
    }

    [Theory]
    [InlineData("Ann", true)]
    [InlineData("Jos\u00E9 Mar\u00EDa", true)]
    [InlineData("O'Brien-Smith", true)]
    [InlineData("", false)]
    [InlineData("   ", false)]
    [InlineData("Ann\n", false)]
    [InlineData("\u001B[2J", false)]
    [InlineData("a\u0085b", false)]
    public void Names_HaveNoControlCharacters(string text, bool accepted) => Assert.Equal(accepted, NewUser.IsName(text));
}
