namespace Aivo.Gateway.Tests.Revocation.Simulation;

/// <summary>SplitMix64: a seed means the same history with every release of the runtime. Nothing secret comes of it.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public long Below(long bound) => (long)(NextBits() % (ulong)bound);

    public int Below(int bound) => (int)Below((long)bound);

    /// <summary>Both ends are possible.</summary>
    public long Between(long least, long most) => least + Below(most - least + 1);

    public bool Chance(double probability) => NextBits() >> 11 < probability * (1UL << 53);

    private ulong NextBits()
    {
        ulong bits = _state += 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
