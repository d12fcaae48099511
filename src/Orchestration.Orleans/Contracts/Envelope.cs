using Orleans;
using Orleans.Serialization;

namespace Orchestration.Orleans.Contracts;

/// <summary>
/// A message that is opened by whom it is for. The silo that a client is connected to reads each message and writes it again for the silo where the grain is; of an envelope it hands on the bytes.
/// What was written once is not written again, and within a silo nothing is. Immutable, and so is what it holds.
/// </summary>
/// <typeparam name="T">What it holds.</typeparam>
[Immutable]
public sealed class Envelope<T>
    where T : class
{
    private readonly Serializer<T>? _serializer;
    private T? _value;
    private byte[]? _content;

    /// <summary>An envelope of this.</summary>
    public Envelope(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
    }

    internal Envelope(byte[] content, Serializer<T> serializer) => (_content, _serializer) = (content, serializer);

    /// <summary>What it holds; read when it is asked for first.</summary>
    public T Value => _value ??= _serializer!.Deserialize(_content!)!;

    /// <summary>It as bytes; written when they are asked for first.</summary>
    internal byte[] Content(Serializer<T> serializer) => _content ??= serializer.SerializeToArray(_value!);
}
