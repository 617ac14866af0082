using System.Security.Cryptography;
using NSec.Cryptography;

namespace Aivo.Gateway.Users;

/// <summary>
/// Makes and verifies Argon2id hashes (RFC 9106). A verification always computes exactly one hash: without a stored one, of a decoy,
/// so that an account that does not exist costs what one does (SR-03).
/// </summary>
internal sealed class PasswordHasher
{
    private readonly PasswordCost _cost;

    /// <summary>Random bytes stand for the hash: no password fits them, and nothing need be computed at start.</summary>
    private readonly PasswordHash _decoy;

    private long _computations;

    public PasswordHasher() : this(PasswordCost.Standard)
    {
    }

    /// <param name="cost">The cost of new hashes; stored ones are verified at their own.</param>
    internal PasswordHasher(PasswordCost cost)
    {
        if (!cost.IsBounded || cost.Lanes != 1)
        {
            throw new ArgumentOutOfRangeException(nameof(cost), cost, "libsodium computes one lane, within the bounds of stored hashes.");
        }

        _cost = cost;
        _decoy = new PasswordHash(cost, RandomNumberGenerator.GetBytes(PasswordHash.SaltLength), RandomNumberGenerator.GetBytes(PasswordHash.HashLength));
    }

    /// <summary>How many hashes were computed. Work is compared by this count: times on a busy machine prove nothing.</summary>
    internal long Computations => Interlocked.Read(ref _computations);

    /// <summary>Takes tens of milliseconds of a core.</summary>
    /// <exception cref="ArgumentException">The password is too long, or not Unicode.</exception>
    public PasswordHash Create(string password)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(PasswordHash.SaltLength);
        return new PasswordHash(_cost, salt, Compute(password, _cost, salt, PasswordHash.HashLength));
    }

    /// <summary>Takes tens of milliseconds of a core, also when <paramref name="stored"/> is null or cannot be computed here.</summary>
    /// <exception cref="ArgumentException">The password is too long, or not Unicode.</exception>
    public bool Verify(string password, PasswordHash? stored)
    {
        bool computable = stored is { IsComputable: true };
        PasswordHash expected = computable ? stored! : _decoy;
        byte[] computed = Compute(password, expected.Cost, expected.Salt, expected.Hash.Length);
        return CryptographicOperations.FixedTimeEquals(computed, expected.Hash) && computable;
    }

    /// <summary>Whether the hash is of another cost than new ones have, weaker or stronger: unequal costs tell accounts apart by time.</summary>
    public bool NeedsRehash(PasswordHash stored) => stored.Cost != _cost || stored.Hash.Length != PasswordHash.HashLength;

    private byte[] Compute(string password, PasswordCost cost, ReadOnlySpan<byte> salt, int length)
    {
        byte[] bytes = PasswordRules.Encode(password);
        try
        {
            Interlocked.Increment(ref _computations);
            var parameters = new Argon2Parameters { DegreeOfParallelism = cost.Lanes, MemorySize = cost.Memory, NumberOfPasses = cost.Passes };
            return PasswordBasedKeyDerivationAlgorithm.Argon2id(parameters).DeriveBytes(bytes, salt, length);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
