using Orchestration.Orleans.Contracts;
using Orleans;
using Orleans.Serialization;

namespace Orchestration.Orleans.Surrogates;

/// <summary>How an <see cref="Envelope{T}"/> travels: closed.</summary>
/// <typeparam name="T">What it holds.</typeparam>
[GenerateSerializer, Immutable, Alias("orchestration.envelope`1")]
internal struct EnvelopeSurrogate<T>
{
    [Id(0)]
    public byte[] Content;
}

/// <summary>To and from <see cref="EnvelopeSurrogate{T}"/>.</summary>
/// <typeparam name="T">What it holds.</typeparam>
[RegisterConverter]
internal sealed class EnvelopeConverter<T>(Serializer<T> serializer) : IConverter<Envelope<T>, EnvelopeSurrogate<T>>
    where T : class
{
    public Envelope<T> ConvertFromSurrogate(in EnvelopeSurrogate<T> surrogate) => new(surrogate.Content, serializer);

    public EnvelopeSurrogate<T> ConvertToSurrogate(in Envelope<T> value) => new() { Content = value.Content(serializer) };
}
