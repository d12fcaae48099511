#pragma warning disable // Written to show every kind of member once, not to be used.
namespace Orchestration.Architecture.Tests.PublicSurface;

/// <summary>What <see cref="SurfaceTextTests"/> writes down.</summary>
public static class Shown
{
    public delegate bool Heard(string? sound);

    public enum Kind
    {
        Tame = 0,
        Wild = 2,
    }

    public interface IEar
    {
        event Heard? OnSound;

        IReadOnlyList<string?> Sounds { get; }

        string this[int index] { get; set; }

        ValueTask<(double Value, string? Name)> HearAsync<TEar>(TEar? by, CancellationToken cancellationToken = default)
            where TEar : struct;
    }

    public readonly record struct Point(double X, double? Y)
    {
        public const string Quote = "a \"b\"";
        public const double Tenth = 0.1;

        public static Point operator +(Point left, Point right) => left;
    }

    public sealed record Report
    {
        public required string Title { get; init; }

        public byte[]? Body { get; init; }

        internal int Pages { get; init; }
    }

    public abstract class Animal<T> : IComparable<T>
        where T : class, new()
    {
        public static readonly string First = "first";

        private readonly int _legs;

        protected Animal(string name, int legs = 4, string? sound = null, Kind kind = Kind.Tame) => _legs = legs;

        public abstract int CompareTo(T? other);

        public override string ToString() => "";

        protected virtual Dictionary<string, T?>? Find(in long id, out T? found, ref int[] steps, params string[] rest)
        {
            found = null;
            return null;
        }

        private protected void Hide()
        {
        }

        internal class Unseen;
    }
}

internal static class Hidden
{
    public static void Nothing()
    {
    }
}
