using System.CommandLine;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Commands;

/// <summary>Ends every session of a user, and every log-in that is under way.</summary>
/// <returns>How many ended; null where the sessions are in the memory of the gateway's own process.</returns>
/// <exception cref="StoreUnavailableException">Some may be left: the call is to be repeated.</exception>
internal delegate Task<int?> EndSessions(ParseResult parsed, UserId user, CancellationToken cancellationToken);

internal sealed partial class UsersCommand
{
    private Command Disable()
    {
        Argument<string> email = Email();
        var command = new Command("disable", "Disable a user: no log-in from now on, and its sessions end.") { email };
        return Does(command, async (parsed, directory, cancellationToken) =>
        {
            User user = await FindAsync(directory, parsed.GetRequiredValue(email), cancellationToken);

            // First, so that a log-in which the end of the sessions overtakes finds the user disabled when it verifies again.
            await directory.SetStatusAsync(user.Id, UserStatus.Inactive, cancellationToken);
            try
            {
                return await _endSessions(parsed, user.Id, cancellationToken) switch
                {
                    null => $"Disabled {user.Email}. Its sessions end at their next refresh; access tokens are valid until then.",
                    1 => $"Disabled {user.Email} and ended 1 session.",
                    int count => $"Disabled {user.Email} and ended {count} sessions.",
                };
            }
            catch (StoreUnavailableException exception)
            {
                throw new RefusedException(
                    $"Disabled {user.Email}, but Redis does not answer: {exception.InnerException?.Message ?? exception.Message}\n"
                    + "Run the command again. Until then its sessions end at their next refresh, and access tokens are valid for at most Tokens:AccessTokenLifetime.");
            }
        });
    }
}
