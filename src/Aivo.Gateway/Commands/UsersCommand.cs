using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Commands;

/// <summary>
/// <c>users add|list|set-password|disable</c>. Ends with 0 when done and 1 when refused; a line that does not parse never gets here, and
/// the program ends it with 2. A password is never an argument: everyone on the machine can read those of a running process.
/// </summary>
internal sealed partial class UsersCommand
{
    private const int Done = 0;
    private const int Refused = 1;
    private const string NameRule = "is not a name: 1 to 200 characters, none of them a control character.";
    private readonly Func<ParseResult, CancellationToken, Task<SqliteUserDirectory>> _open;
    private readonly TextReader _input;
    private readonly Func<string, string?>? _prompt;
    private readonly EndSessions _endSessions;

    private UsersCommand(
        Func<ParseResult, CancellationToken, Task<SqliteUserDirectory>> open, EndSessions endSessions, TextReader input, Func<string, string?>? prompt) =>
        (_open, _endSessions, _input, _prompt) = (open, endSessions, input, prompt);

    private delegate bool Reader<T>(string text, [MaybeNullWhen(false)] out T value);

    /// <param name="openDirectory">Opens and prepares the directory that the settings name; the command disposes of it.</param>
    /// <param name="endSessions">Ends a user's sessions.</param>
    public static Command Create(Func<ParseResult, CancellationToken, Task<SqliteUserDirectory>> openDirectory, EndSessions endSessions)
    {
        // Strict, whatever the locale says: a password must become the bytes that a client will send.
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var input = new StreamReader(Console.OpenStandardInput(), encoding, detectEncodingFromByteOrderMarks: false);
        return Create(openDirectory, endSessions, input, Console.IsInputRedirected ? null : ReadSecret);
    }

    /// <param name="openDirectory">As above.</param>
    /// <param name="endSessions">As above.</param>
    /// <param name="input">Its first line is the password when there is no terminal.</param>
    /// <param name="prompt">Shows its argument and reads a line without echo; null when there is no terminal.</param>
    internal static Command Create(
        Func<ParseResult, CancellationToken, Task<SqliteUserDirectory>> openDirectory, EndSessions endSessions, TextReader input, Func<string, string?>? prompt)
    {
        var users = new UsersCommand(openDirectory, endSessions, input, prompt);
        return new Command("users", "Manage the users of the SQLite directory.") { users.Add(), users.List(), users.SetPassword(), users.Disable() };
    }

    private Command Add()
    {
        Argument<string> email = Email();
        Option<UserRole> role = Required<UserRole>("--role", string.Join('|', UserRoles.Names), UserRoles.TryParse, $"is not a role. Roles: {string.Join(", ", UserRoles.Names)}.");
        Option<TenantId> tenant = Required<TenantId>("--tenant", "uuid", (text, out id) => TenantId.TryParse(text, out id), "is not a UUID with hyphens.");
        Option<string> firstName = Required<string>("--first-name", "name", IsName, NameRule);
        Option<string> lastName = Required<string>("--last-name", "name", IsName, NameRule);
        Option<UserStatus> status = Required<UserStatus>("--status", string.Join('|', UserStatuses.Names), UserStatuses.TryParse, $"is not a status. Statuses: {string.Join(", ", UserStatuses.Names)}.");
        (status.Required, status.DefaultValueFactory) = (false, _ => UserStatus.Active);
        var attribute = new Option<string[]>("--attribute") { Description = "An attribute; may be repeated, and wins over the file.", HelpName = "name=text" };
        attribute.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"'{token.Value}' is not an attribute: write name=text.");
            }
        });
        var file = new Option<FileInfo?>("--attributes-json") { Description = "A file with the attributes as one JSON object.", HelpName = "file" };
        var command = new Command("add", "Add a user. The password is asked for, or is the first line of standard input.")
        {
            email, role, tenant, firstName, lastName, status, attribute, file,
        };
        return Does(command, async (parsed, directory, cancellationToken) =>
        {
            string address = parsed.GetRequiredValue(email);
            var user = new NewUser(
                address, parsed.GetRequiredValue(firstName), parsed.GetRequiredValue(lastName), parsed.GetValue(role), parsed.GetValue(tenant),
                parsed.GetValue(status), null, await AttributesAsync(parsed.GetValue(file), parsed.GetValue(attribute) ?? [], cancellationToken));
            bool taken = await directory.FindByEmailAsync(address, cancellationToken) is not null;
            AddedUser added = taken ? default : await directory.AddAsync(user, await PasswordAsync(cancellationToken), cancellationToken);
            return added.Created
                ? $"Added {added.User.Email} with the id {added.User.Id}."
                : throw new RefusedException($"There is a user {address} already. 'users set-password' gives it another password.");
        });
    }

    private Command List()
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON array instead of a table." };
        return Does(new Command("list", "List the users.") { json }, async (parsed, directory, cancellationToken) =>
        {
            IReadOnlyList<User> users = await directory.ListAsync(cancellationToken);
            return parsed.GetValue(json) ? UserListing.Json(users) : UserListing.Table(users);
        });
    }

    private Command SetPassword()
    {
        Argument<string> email = Email();
        var command = new Command("set-password", "Set a user's password. It is asked for, or is the first line of standard input.") { email };
        return Does(command, async (parsed, directory, cancellationToken) =>
        {
            User user = await FindAsync(directory, parsed.GetRequiredValue(email), cancellationToken);
            await directory.SetPasswordAsync(user.Id, await PasswordAsync(cancellationToken), cancellationToken);
            return $"Set the password of {user.Email}. Its sessions go on.";
        });
    }

    private Command Does(Command command, Func<ParseResult, SqliteUserDirectory, CancellationToken, Task<string>> work)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            TextWriter error = parsed.InvocationConfiguration.Error;
            try
            {
                using SqliteUserDirectory directory = await _open(parsed, cancellationToken);
                await parsed.InvocationConfiguration.Output.WriteLineAsync(await work(parsed, directory, cancellationToken));
                return Done;
            }
            catch (RefusedException refusal)
            {
                await error.WriteLineAsync(refusal.Message);
            }
            catch (StoreUnavailableException exception)
            {
                await error.WriteLineAsync($"The user directory does not answer: {exception.InnerException?.Message ?? exception.Message}");
                await error.WriteLineAsync("Check its path and permissions, and that no other process holds it.");
            }

            return Refused;
        });
        return command;
    }

    /// <summary>Asked twice on a terminal; else exactly the first line of the input, without its line end.</summary>
    private async Task<string> PasswordAsync(CancellationToken cancellationToken)
    {
        string? password;
        try
        {
            password = _prompt is null ? await _input.ReadLineAsync(cancellationToken) : _prompt("Password: ");
        }
        catch (DecoderFallbackException)
        {
            throw new RefusedException("The password on standard input is not UTF-8. Convert it first.");
        }

        if (string.IsNullOrEmpty(password))
        {
            throw new RefusedException("There is no password. Write it as the first line of standard input, or run the command on a terminal.");
        }

        string? fault = PasswordRules.Check(password) switch
        {
            PasswordFault.TooShort => $"The password is too short. Take at least {PasswordRules.MinimumLength} characters.",
            PasswordFault.TooLong => $"The password is too long. Take at most {PasswordRules.MaximumBytes} bytes.",
            PasswordFault.NotUnicode => "The password is not valid Unicode. Take other characters.",
            _ => _prompt is not null && _prompt("The same again: ") != password ? "The two passwords differ. Run the command again." : null,
        };
        return fault is null ? password : throw new RefusedException(fault);
    }

    private static async Task<IReadOnlyDictionary<string, JsonElement>> AttributesAsync(FileInfo? file, string[] pairs, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, JsonElement>? attributes = UserAttributes.Empty;
        try
        {
            if (file is not null && !UserAttributes.TryParse(await File.ReadAllTextAsync(file.FullName, cancellationToken), out attributes))
            {
                throw new RefusedException($"{file} is not one JSON object of at most {UserAttributes.MaximumBytes} bytes, 8 levels deep, without duplicate names.");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException($"{file} cannot be read: {exception.Message}");
        }

        return UserAttributes.TryAdd(attributes, pairs.Select(pair => pair.Split('=', 2)).Select(pair => (pair[0], pair[1])), out IReadOnlyDictionary<string, JsonElement>? all)
            ? all
            : throw new RefusedException($"The attributes are longer than {UserAttributes.MaximumBytes} bytes, or not Unicode. Take fewer.");
    }

    private static async Task<User> FindAsync(SqliteUserDirectory directory, string email, CancellationToken cancellationToken) =>
        await directory.FindByEmailAsync(email, cancellationToken)
        ?? throw new RefusedException($"There is no user {email}. 'users list' shows those there are.");

    private static Argument<string> Email() => new("e-mail")
    {
        Description = "The address: ASCII, as the user writes it; the case of letters does not count.",
        CustomParser = result => Read<string>(result, EmailAddress.TryNormalise, "is not an e-mail address."),
    };

    private static Option<T> Required<T>(string name, string value, Reader<T> reader, string problem) => new(name)
    {
        HelpName = value,
        Required = true,
        CustomParser = result => Read(result, reader, problem),
    };

    private static T? Read<T>(ArgumentResult result, Reader<T> reader, string problem)
    {
        string text = result.Tokens[0].Value;
        if (reader(text, out T? value))
        {
            return value;
        }

        result.AddError($"'{text}' {problem}");
        return default;
    }

    private static bool IsName(string text, [MaybeNullWhen(false)] out string name)
    {
        name = text;
        return NewUser.IsName(text);
    }

    private static string? ReadSecret(string prompt)
    {
        Console.Error.Write(prompt);
        var line = new StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                line.Length = Math.Max(0, line.Length - (line.Length > 1 && char.IsLowSurrogate(line[^1]) ? 2 : 1));
            }
            else if (!char.IsControl(key.KeyChar))
            {
                line.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return line.ToString();
    }

    /// <summary>Ends the command; the message says what to do.</summary>
    private sealed class RefusedException(string message) : Exception(message);
}
