using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Aivo.Gateway.Users;

/// <summary>Users as text for a person or a program.</summary>
internal static class UserListing
{
    private static readonly string[] Titles = ["E-MAIL", "ROLE", "STATUS", "NAME", "TENANT", "LAST LOGIN"];

    /// <summary>One line per user under a line of titles, in aligned columns two spaces apart.</summary>
    public static string Table(IReadOnlyList<User> users)
    {
        List<string[]> lines = [Titles, .. users.Select(Cells)];
        int[] widths = [.. Titles.Select((_, column) => lines.Max(line => line[column].Length))];
        return string.Join('\n', lines.Select(line => string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd(' ')));
    }

    /// <summary>An array of objects with the contract's member names, and the attributes.</summary>
    public static string Json(IReadOnlyList<User> users)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartArray();
            foreach (User user in users)
            {
                Write(writer, user);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string[] Cells(User user) =>
    [
        user.Email, user.Role.ToWire(), user.Status.ToWire(), Printable($"{user.FirstName} {user.LastName}"), user.Tenant.ToString(),
        user.LastLoginAt?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "never",
    ];

    /// <summary>A terminal obeys control characters, so none reaches it from the database.</summary>
    private static string Printable(string text) => string.Concat(text.Select(character => char.IsControl(character) ? '?' : character));

    private static void Write(Utf8JsonWriter writer, User user)
    {
        writer.WriteStartObject();
        writer.WriteString("id", user.Id.Value);
        writer.WriteString("email", user.Email);
        writer.WriteString("firstName", user.FirstName);
        writer.WriteString("lastName", user.LastName);
        writer.WriteString("role", user.Role.ToWire());
        writer.WriteString("tenantId", user.Tenant.Value);
        writer.WriteString("status", user.Status.ToWire());
        writer.WriteString("avatar", user.Avatar?.AbsoluteUri);
        writer.WriteString("lastLoginAt", user.LastLoginAt is { } at ? UserRow.Text(at) : null);
        writer.WriteString("createdAt", UserRow.Text(user.CreatedAt));
        writer.WriteString("updatedAt", UserRow.Text(user.UpdatedAt));
        writer.WriteStartObject("attributes");
        foreach ((string name, JsonElement value) in user.Attributes)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
